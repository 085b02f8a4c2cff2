using System.Text.RegularExpressions;
using BackupRunner.Commands;
using BackupRunner.Reports;

namespace BackupRunner.Hooks;

/// <summary>Reads what redis-cli and valkey-cli print: a refused command is a line of text, and their exit code is 0 all the same.</summary>
public static partial class RedisReply
{
    const string PasswordHint = "set REDISCLI_AUTH in the environment of the runner (the client reads it); never put the password into the policy";

    /// <summary>The save was started, or will be as soon as the server can.</summary>
    public static bool SaveBegins(ShellResult result) => Started().IsMatch(result.Output.Raw);

    /// <summary>The save will begin later; only then is it true that none runs and none has failed.</summary>
    public static bool SaveIsScheduled(ShellResult result) =>
        result.Output.Raw.Contains("Background saving scheduled", StringComparison.Ordinal);

    /// <returns>Null when the client could talk to the server and the server refused nothing.</returns>
    /// <param name="command">What was run, for the message.</param>
    public static RunnerException? Refusal(ShellResult result, string command)
    {
        if (RedisClient.ErrorIn(result.Output.Raw, result.Error.Raw, result.ExitCode) is { } error)
            return Refused(error.Kind, error.Text, result, command);
        if (RedisClient.IsUnreachable(result.Output.Raw, result.Error.Raw))
        {
            return new RunnerException(ExitCode.Command, $"{command}: cannot reach the server: {result.LastWords}",
                "is it running, and are host (-h) and port (-p) right");
        }
        return null;
    }

    static RunnerException Refused(string kind, string text, ShellResult result, string command)
    {
        if (text.Contains("save already in progress", StringComparison.OrdinalIgnoreCase))
        {
            return new RunnerException(ExitCode.Command, $"{command}: a save that is not ours is already in progress: {result.LastWords}",
                "run the backup again when it has finished, or move the server's own \"save\" points away from the schedule");
        }
        if (text.Contains("child process is active", StringComparison.OrdinalIgnoreCase))
        {
            return new RunnerException(ExitCode.Command, $"{command}: the server is rewriting its append-only file: {result.LastWords}",
                "use \"BGSAVE SCHEDULE\", which waits for that");
        }
        return kind switch
        {
            "NOAUTH" when !RedisClient.IsWrongPassword(result.Error.Raw) =>
                new RunnerException(ExitCode.Command, $"{command}: the server asks for a password: {result.LastWords}", PasswordHint),
            "NOAUTH" or "WRONGPASS" => new RunnerException(ExitCode.Command, $"{command}: the server refused the password: {result.LastWords}", PasswordHint),
            "NOPERM" => new RunnerException(ExitCode.Command, $"{command}: the user may not run this: {result.LastWords}",
                "the ACL needs +bgsave and +info, or +info replaced by a waitCommand"),
            "LOADING" => new RunnerException(ExitCode.Command, $"{command}: the server is still loading its data: {result.LastWords}",
                "run the backup again when it has started"),
            _ => new RunnerException(ExitCode.Command, $"{command}: the server refused the command: {result.LastWords}"),
        };
    }

    [GeneratedRegex(@"Background saving (started|scheduled)", RegexOptions.CultureInvariant)]
    private static partial Regex Started();
}
