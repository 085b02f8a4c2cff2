using System.Collections.Frozen;
using BackupRunner.Policy.Shell;

namespace BackupRunner.Policy.Lints;

/// <summary>A client that tells its server to end.</summary>
static class ShutdownLint
{
    static readonly FrozenSet<string> Clients = FrozenSet.Create(
        "redis-cli", "valkey-cli", "keydb-cli", "mysqladmin", "mariadb-admin", "mysql", "mariadb");

    static readonly FrozenSet<string> Pipes = FrozenSet.Create("nc", "ncat", "netcat", "socat", "telnet");

    public static bool Fires(IEnumerable<ShellCommand> commands) => commands.Any(command =>
    {
        var call = command.Invocation;
        return (Clients.Contains(call.Program) && call.Arguments.Any(argument => Says(argument.Text)))
            || ((Clients.Contains(call.Program) || Pipes.Contains(call.Program)) && IsTold(command));
    });

    static bool IsTold(ShellCommand command) =>
        (command.Here?.Text?.Split('\n').Any(Says) ?? false)
        || (command.PipedFrom?.Invocation is { Program: "echo" or "printf" } told && told.Arguments.Any(argument => Says(argument.Text)));

    // The first word: a key or a file may have the word in its name.
    static bool Says(string text) =>
        text.AsSpan().TrimStart().StartsWith("SHUTDOWN", StringComparison.OrdinalIgnoreCase)
        && (text.TrimStart().Length == 8 || !(char.IsAsciiLetterOrDigit(text.TrimStart()[8]) || text.TrimStart()[8] is '_' or '-' or '.' or ':' or '/'));
}
