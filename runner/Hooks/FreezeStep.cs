namespace BackupRunner.Hooks;

/// <summary>What the policy says about the freeze, rendered: <paramref name="Command"/> and <paramref name="Thaw"/>, or <paramref name="Hold"/>.</summary>
/// <param name="Thaw">Idempotent: it may run twice, and without a freeze before.</param>
/// <param name="Hold">Frozen from the line READY until its standard input is closed.</param>
/// <param name="Timeout">How long the workload may be frozen, from the start of the freeze command.</param>
public sealed record FreezeStep(string? Command, string? Thaw, string? Hold, TimeSpan Timeout)
{
    public const string CommandPath = "backup.settings.consistency.freeze.command";
    public const string ThawPath = "backup.settings.consistency.freeze.thaw";
    public const string HoldPath = "backup.settings.consistency.freeze.hold";
    public const string TimeoutPath = "backup.settings.consistency.freeze.timeout";

    // The commands may hold secrets.
    public override string ToString() => CommandPath;
}
