using System.Collections.ObjectModel;

namespace BackupRunner.Policy;

/// <summary>
/// One backup policy with every default filled in; docs/POLICY.md documents each key. What is here was checked key by key when it was
/// parsed; whether it is enough to run is <see cref="PolicyCompleteness"/>.
/// </summary>
public sealed record BackupPolicy
{
    /// <summary>False suspends the CronJob and keeps everything else.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Null when the document does not say.</summary>
    public StoragePolicy? Storage { get; init; }

    /// <summary>The name of this cluster in stored paths; null when the document does not say.</summary>
    public string? Cluster { get; init; }

    public SettingsPolicy Settings { get; init; } = new();

    public RetentionPolicy Retention { get; init; } = new();

    public SchedulePolicy Schedule { get; init; } = new();

    public CommandsPolicy Commands { get; init; } = new();

    /// <summary>
    /// What templates see as <c>Values</c>. Leaves are string, long, double, bool and null; branches are
    /// <c>IReadOnlyList&lt;object?&gt;</c> and <c>IReadOnlyDictionary&lt;string, object?&gt;</c>.
    /// </summary>
    public IReadOnlyDictionary<string, object?> Values { get; init; } = ReadOnlyDictionary<string, object?>.Empty;

    public RestorePolicy Restore { get; init; } = new();

    /// <summary>Null: backups are not read back by themselves.</summary>
    public VerificationPolicy? Verification { get; init; }
}
