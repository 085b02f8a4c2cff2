namespace BackupRunner.Policy;

/// <summary>The newest <see cref="KeepCount"/> backups stay; of the others, those older than <see cref="RemoteRetention"/> go.</summary>
public sealed record RetentionPolicy
{
    /// <summary>More than zero.</summary>
    public TimeSpan RemoteRetention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>At least 1.</summary>
    public int KeepCount { get; init; } = 7;
}
