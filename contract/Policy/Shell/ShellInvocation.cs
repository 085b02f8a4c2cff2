using System.Buffers;
using System.Collections.Frozen;

namespace BackupRunner.Policy.Shell;

/// <summary>What a command comes to: the program without its folder, behind <c>exec</c>, <c>sudo -u x</c> and their like, and its arguments.</summary>
/// <param name="Program">Empty when there is none, as for an assignment.</param>
/// <param name="Script">The text that the program, a shell, is given to run.</param>
sealed record ShellInvocation(string Program, IReadOnlyList<ShellWord> Arguments, ShellScript? Script, bool Bounded)
{
    static readonly FrozenSet<string> Shells = FrozenSet.Create("sh", "bash", "dash", "ash", "ksh", "zsh");

    // Programs that run another.
    static readonly FrozenSet<string> Wrappers = FrozenSet.Create(
        "exec", "command", "builtin", "nohup", "setsid", "time", "env", "nice", "ionice", "stdbuf", "sudo", "doas", "setpriv", "runuser", "tini", "dumb-init",
        "numactl", "busybox", "docker-entrypoint");

    // Those that take a word of their own before it: a user, a folder, a time.
    static readonly FrozenSet<string> WrappersWithWord = FrozenSet.Create("gosu", "su-exec", "chroot", "timeout");

    static readonly FrozenSet<string> OptionsWithValue = FrozenSet.Create("-u", "-g", "-n", "-k", "-s", "-C", "-p", "-i", "-o", "-e");

    static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    public static ShellInvocation Of(ShellCommand command)
    {
        var words = command.Words;
        var bounded = false;
        var at = SkipAssignments(words, 0);
        while (at < words.Count)
        {
            var program = Name(words[at].Text);
            if (GivenText(program, words, at, command) is { } text)
                return new ShellInvocation(program, [.. words.Skip(at + 1)], ShellScanner.Scan(text, command.Depth + 1), bounded);
            var own = WrappersWithWord.Contains(program) ? 1 : 0;
            if (own == 0 && !Wrappers.Contains(program))
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

    // eval TEXT, sh -c TEXT, su - user -c TEXT, sh <<EOF.
    static string? GivenText(string program, IReadOnlyList<ShellWord> words, int at, ShellCommand command)
    {
        if (program == "eval")
            return string.Join(' ', words.Skip(at + 1).Select(word => word.Text));
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
        return equals > 0 && !char.IsAsciiDigit(text[0]) && text.AsSpan(0, equals).IndexOfAnyExcept(NameCharacters) < 0;
    }
}
