using System.Buffers;
using System.Collections.Frozen;

namespace BackupRunner.Policy.Shell;

/// <summary>What a command comes to: the program without its folder, behind <c>exec</c>, <c>sudo -u x</c> and their like, and its arguments.</summary>
/// <param name="Program">Empty when there is none, as for an assignment.</param>
/// <param name="Script">The text that the program, a shell, is given to run.</param>
sealed record ShellInvocation(string Program, IReadOnlyList<ShellWord> Arguments, ShellScript? Script, bool Bounded)
{
    static readonly FrozenSet<string> Shells = FrozenSet.Create("sh", "bash", "dash", "ash", "ksh", "zsh");

    // Programs that run another, and how many words of their own, options apart, stand before it.
    static readonly FrozenDictionary<string, int> Wrappers = new Dictionary<string, int>
    {
        ["exec"] = 0, ["command"] = 0, ["builtin"] = 0, ["nohup"] = 0, ["setsid"] = 0, ["time"] = 0, ["env"] = 0, ["nice"] = 0, ["ionice"] = 0,
        ["stdbuf"] = 0, ["sudo"] = 0, ["doas"] = 0, ["gosu"] = 1, ["su-exec"] = 1, ["setpriv"] = 0, ["runuser"] = 0, ["tini"] = 0, ["dumb-init"] = 0,
        ["numactl"] = 0, ["chroot"] = 1, ["timeout"] = 1, ["busybox"] = 0, ["docker-entrypoint"] = 0,
    }.ToFrozenDictionary();

    static readonly FrozenSet<string> OptionsWithValue = FrozenSet.Create("-u", "-g", "-n", "-k", "-s", "-C", "-p", "-i", "-o", "-e");

    public static ShellInvocation Of(ShellCommand command)
    {
        var words = command.Words;
        var bounded = false;
        var at = SkipAssignments(words, 0);
        while (at < words.Count)
        {
            var program = Name(words[at].Text);
            if (program is "eval")
                return new ShellInvocation(program, [.. words.Skip(at + 1)], Inner(string.Join(' ', words.Skip(at + 1).Select(word => word.Text)), command), bounded);
            if (GivenText(program, words, at, command) is { } text)
                return new ShellInvocation(program, [.. words.Skip(at + 1)], Inner(text, command), bounded);
            if (!Wrappers.TryGetValue(program, out var own))
                return new ShellInvocation(program, [.. words.Skip(at + 1)], null, bounded);
            bounded |= program == "timeout";
            at = SkipAssignments(words, SkipOptions(words, at + 1)) + own;
            at = SkipAssignments(words, at);
        }
        return new ShellInvocation("", [], null, bounded);
    }

    static string Name(string text)
    {
        var name = text[(text.LastIndexOf('/') + 1)..];
        return name.EndsWith(".sh", StringComparison.Ordinal) ? name[..^3] : name;
    }

    // sh -c TEXT, su - user -c TEXT, sh <<EOF.
    static string? GivenText(string program, IReadOnlyList<ShellWord> words, int at, ShellCommand command)
    {
        if (!Shells.Contains(program) && program is not ("su" or "runuser"))
            return null;
        for (var i = at + 1; i + 1 < words.Count; i++)
        {
            var option = words[i].Text;
            if (option is "--command" || (option.Length > 1 && option[0] == '-' && option[1] != '-' && option[^1] == 'c'))
                return words[i + 1].Text;
        }
        return Shells.Contains(program) ? command.Here?.Text : null;
    }

    static ShellScript Inner(string text, ShellCommand command) => ShellScanner.Scan(text, command.Depth + 1);

    static int SkipOptions(IReadOnlyList<ShellWord> words, int at)
    {
        while (at < words.Count && words[at].Text.StartsWith('-'))
            at += OptionsWithValue.Contains(words[at].Text) ? 2 : 1;
        return at;
    }

    static int SkipAssignments(IReadOnlyList<ShellWord> words, int at)
    {
        while (at < words.Count && IsAssignment(words[at].Text))
            at++;
        return at;
    }

    static bool IsAssignment(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && !char.IsAsciiDigit(text[0]) && text.AsSpan(0, equals).IndexOfAnyExcept(Letters) < 0;
    }

    static readonly SearchValues<char> Letters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}
