using BackupRunner.Reports;

namespace BackupRunner.Cli;

/// <summary>Whose backup a restore takes, where it is not the target's own: <c>--from statefulset/redis/data-redis-0</c>.</summary>
/// <param name="Kind">Lower case.</param>
public sealed record RestoreSource(string Kind, string Name, string Claim)
{
    /// <exception cref="RunnerException">Exit 2.</exception>
    public static RestoreSource Parse(string text) => text.Split('/') is [{ Length: > 0 } kind, { Length: > 0 } name, { Length: > 0 } claim]
        ? new(kind.ToLowerInvariant(), name, claim)
        : throw new RunnerException(ExitCode.Usage, $"--from: \"{text}\" is not KIND/NAME/CLAIM", "such as statefulset/redis/data-redis-0");
}
