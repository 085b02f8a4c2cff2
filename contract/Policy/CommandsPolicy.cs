namespace BackupRunner.Policy;

public enum RunIn
{
    Workload,
    Runner,
}

/// <summary>Scripts, as templates, that replace the built-in archiver and restore.</summary>
public sealed record CommandsPolicy
{
    public string? Backup { get; init; }

    public string? Restore { get; init; }

    /// <summary>Null is the default of the place: the workload in a cluster, the runner outside.</summary>
    public RunIn? RunIn { get; init; }

    /// <summary>More than zero.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromHours(1);
}
