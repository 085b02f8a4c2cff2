using System.Text.RegularExpressions;

namespace BackupRunner.Hooks;

/// <summary>
/// Finds the secrets that stand in a command's own text: <c>-a pw</c>, <c>--password pw</c>, <c>--password=pw</c>, <c>-ppw</c>, <c>-u user:pw</c>,
/// <c>AUTH pw</c>, <c>PGPASSWORD=pw</c>, <c>redis://user:pw@host</c>, also in a nested, quoted command. It would rather hide too much.
/// </summary>
public static partial class CommandSecrets
{
    /// <summary>Nested shells deeper than this are not looked into.</summary>
    const int MaxDepth = 4;

    // Programs whose -a and -p are something else, and whose operands are paths that a message must be able to name.
    static readonly HashSet<string> FileTools = new(StringComparer.Ordinal)
    {
        "cp", "mv", "rm", "ls", "du", "df", "tar", "rsync", "mkdir", "install", "find", "grep", "touch", "tee", "test", "[", "stat", "git", "ps",
        "chmod", "chown", "mount", "umount", "sort", "gzip", "pigz", "ssh", "scp", "read", "pgrep", "pkill", "unzip", "zip", "cpio", "cat",
    };

    static readonly HashSet<string> SecretFollows = new(StringComparer.OrdinalIgnoreCase) { "AUTH", "requirepass", "masterauth" };

    /// <param name="environment">Where a variable that stands for a secret, <c>-a "$PW"</c>, is looked up.</param>
    public static IReadOnlySet<string> In(string command, IReadOnlyDictionary<string, string> environment)
    {
        var secrets = new HashSet<string>(StringComparer.Ordinal);
        Collect(command, environment, secrets, depth: 0);
        return secrets;
    }

    static void Collect(string command, IReadOnlyDictionary<string, string> environment, HashSet<string> secrets, int depth)
    {
        var simple = new List<string>();
        foreach (var token in ShellWords.Split(command).Append(new ShellToken(true, "", 0, 0)))
        {
            if (token.IsOperator)
            {
                foreach (var secret in OfSimpleCommand(simple))
                    secrets.Add(Expand(secret, environment));
                simple.Clear();
                continue;
            }
            simple.Add(token.Value);
            if (depth < MaxDepth && token.Value.AsSpan().ContainsAny(" \t\n;"))
                Collect(token.Value, environment, secrets, depth + 1);
        }
    }

    static IEnumerable<string> OfSimpleCommand(List<string> words)
    {
        var program = words.Find(word => !Assignment().IsMatch(word)) ?? "";
        var fileTool = FileTools.Contains(Path.GetFileName(program));
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            var next = i + 1 < words.Count ? words[i + 1] : "";
            if (UserInfo().Match(word) is { Success: true } uri)
            {
                yield return uri.Groups["password"].Value;
                yield return Uri.UnescapeDataString(uri.Groups["password"].Value);
            }
            if (Assignment().Match(word) is { Success: true } assignment && Redaction.IsSecretName(assignment.Groups["name"].Value))
                yield return assignment.Groups["value"].Value;
            else if (LongWithValue().Match(word) is { Success: true } option)
                yield return option.Groups["value"].Value;
            else if (LongOption().IsMatch(word) || SecretFollows.Contains(word))
                yield return next;
            else if (word is "-u" or "--user" && next.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0)
                yield return next[(colon + 1)..];
            else if (!fileTool && word == "-a")
                yield return next;
            else if (!fileTool && word == "-p" && !NotAPassword().IsMatch(next))
                yield return next;
            else if (!fileTool && word.StartsWith("-p", StringComparison.Ordinal) && !NotAPassword().IsMatch(word[2..]))
                yield return word[2..];
        }
    }

    static string Expand(string secret, IReadOnlyDictionary<string, string> environment) =>
        Variable().Match(secret) is { Success: true } variable && environment.TryGetValue(variable.Groups["name"].Value, out var value)
            ? value
            : secret;

    [GeneratedRegex(@"^(?<name>[A-Za-z_][A-Za-z0-9_]*)=(?<value>.*)$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"^--[\w-]*(pass|pwd|secret|token|auth|key|credential)[\w-]*=(?<value>.*)$",
        RegexOptions.Singleline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex LongWithValue();

    [GeneratedRegex(@"^--(?!no-)[\w-]*(pass|passwd|password|passphrase|pwd|secret|token|auth|credentials?)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex LongOption();

    [GeneratedRegex(@"://[^/@\s:]*:(?<password>[^/@\s]+)@", RegexOptions.CultureInvariant)]
    private static partial Regex UserInfo();

    // A port, a port mapping, a path, another option.
    [GeneratedRegex(@"^$|^[0-9:]+$|^[/-]", RegexOptions.CultureInvariant)]
    private static partial Regex NotAPassword();

    [GeneratedRegex(@"^\$\{?(?<name>[A-Za-z_][A-Za-z0-9_]*)\}?$", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();
}
