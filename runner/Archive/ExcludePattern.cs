using System.Runtime.InteropServices;
using BackupRunner.Reports;

namespace BackupRunner.Archive;

/// <summary>
/// A pattern of <c>archive.exclude</c>: a shell glob (<c>* ? [..]</c>, glob(7), by bytes) for what is left out, with all below it. Without
/// a slash it
/// is matched with names at any depth; with one, with paths from the root of the volume (<c>/cache</c>, <c>logs/*.old</c>); <c>*</c> and
/// <c>?</c> match no slash.
/// A slash at the end says nothing.
/// </summary>
public static partial class ExcludePattern
{
    const int MatchNoSlash = 1; // FNM_PATHNAME, fnmatch(3)

    /// <returns>Arguments for GNU tar that archives ".".</returns>
    /// <exception cref="RunnerException">Exit 2: no pattern, or one that can match nothing in a volume.</exception>
    public static IEnumerable<string> ToTar(string pattern)
    {
        var components = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(component => component != ".").ToArray();
        if (components.Length == 0 || components.Contains("..") || pattern.Contains('\0') || EndsInBackslash(pattern))
            throw new RunnerException(
                ExitCode.Usage,
                $"\"{pattern}\" is no pattern of files below the volume's root",
                "archive.exclude takes shell globs");
        var isAnchored = pattern.TrimEnd('/').Contains('/');
        string[] options = ["--wildcards", "--no-wildcards-match-slash", isAnchored ? "--anchored" : "--no-anchored"];
        var globs = isAnchored ? (List<string>)["./" + string.Join('/', components)] : NotTheRoot(components[0]);
        return options.Concat(globs.Select(glob => "--exclude=" + glob));
    }

    /// <summary>
    /// tar calls the root "." and matches names at any depth with it too: ".*" would leave out everything. Such a pattern is stars around
    /// at most one
    /// other element; it becomes one for longer names, and one for the names of one byte that are not ".".
    /// </summary>
    static List<string> NotTheRoot(string glob)
    {
        if (!Matches(glob, "."))
            return [glob];
        var element = glob.Trim('*');
        if (element.Length == 0)
            return ["??*", "[!.]"];
        var (before, after) = (glob[0] == '*' ? "*" : "", glob[^1] == '*' ? "*" : "");
        List<string> globs = [.. SingleBytes(element)];
        if (before.Length > 0)
            globs.Add("?*" + element + after);
        if (after.Length > 0)
            globs.Add(before + element + "?*");
        return globs;
    }

    static IEnumerable<string> SingleBytes(string element)
    {
        if (element == "?")
            return ["[!.]"];
        var ascii = Enumerable.Range(1, 127).Select(b => (char)b)
            .Where(c => c is not ('.' or '/') && Matches(element, c.ToString()))
            .Select(c => "\\" + c);
        return element.StartsWith("[!", StringComparison.Ordinal) || element.StartsWith("[^", StringComparison.Ordinal)
            ? ascii.Append("[!\u0001-\u007f]")
            : ascii;
    }

    static bool EndsInBackslash(string pattern) => (pattern.Length - pattern.TrimEnd('\\').Length) % 2 == 1;

    static bool Matches(string glob, string name) => FileNameMatch(glob, name, MatchNoSlash) == 0;

    [LibraryImport("libc", EntryPoint = "fnmatch", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileNameMatch(string pattern, string name, int flags);
}
