using BackupRunner.Policy.Shell;

namespace BackupRunner.Policy.Lints;

/// <summary>A recursive rm of everything in a folder by the pattern <c>*</c>, which matches no name that begins with a dot.</summary>
static class RemoveLint
{
    public static bool Fires(IReadOnlyCollection<ShellCommand> commands)
    {
        List<ShellInvocation> invocations = [.. commands.Select(command => command.Invocation)];
        // bash's dotglob lets the pattern match them.
        if (invocations.Exists(call => call.Program == "shopt" && call.Arguments.Any(argument => argument.Text == "dotglob")))
            return false;
        var others = invocations.SelectMany(DotFilesRemoved).ToHashSet(StringComparer.Ordinal);
        return invocations.Where(IsRecursive).SelectMany(call => call.Arguments).Any(argument => Folder(argument) is { } folder && !others.Contains(folder));
    }

    static bool IsRecursive(ShellInvocation call) => call.Program == "rm" && call.Arguments.Any(argument =>
        argument.Text == "--recursive" || (argument.Text is ['-', not '-', ..] && argument.Text.Contains('r', StringComparison.OrdinalIgnoreCase)));

    // "x" of "x/*" and "x/**"; "" of "*".
    static string? Folder(ShellWord word)
    {
        var pattern = word.Pattern.TrimEnd('*');
        return pattern.Length == word.Pattern.Length || pattern.EndsWith('\\') ? null
            : pattern.Length == 0 ? ""
            : pattern.EndsWith('/') ? Plain(pattern)
            : null;
    }

    // The folders whose dot files go by another pattern (x/.[!.]*, x/.??*, x/..?*) or by find.
    static IEnumerable<string> DotFilesRemoved(ShellInvocation call)
    {
        if (call.Program == "find" && call.Arguments.Any(argument => argument.Text is "-delete" or "rm"))
            return call.Arguments.TakeWhile(argument => !argument.Text.StartsWith('-')).Select(argument => Plain(argument.Pattern));
        return IsRecursive(call)
            ? from argument in call.Arguments
              let slash = argument.Pattern.LastIndexOf('/') + 1
              let last = argument.Pattern[slash..]
              where last.StartsWith('.') && last.AsSpan().IndexOfAny('*', '?') >= 0
              select Plain(argument.Pattern[..slash])
            : [];
    }

    static string Plain(string folder)
    {
        var plain = folder.TrimEnd('/');
        return plain == "." ? "" : plain.StartsWith("./", StringComparison.Ordinal) ? plain[2..] : plain;
    }
}
