using BackupRunner.Reports;

namespace BackupRunner.Webhook.Restores;

public enum RestorePhase
{
    /// <summary>Nothing has been done yet.</summary>
    Pending,

    /// <summary>Another restore of the workload is before it.</summary>
    Queued,

    /// <summary>Its run starts, waits for Leases, or looks at the backup.</summary>
    Preparing,

    /// <summary>The workload is stopped, and the data is read, beside the old.</summary>
    Staging,

    Swapping,

    /// <summary>The workload is started on the new data.</summary>
    Starting,

    /// <summary>The old data goes.</summary>
    Finishing,

    /// <summary>The old data is put back.</summary>
    RollingBack,

    Succeeded,

    Failed,
}

/// <summary>What the status of a Restore says. Equal ones need no write.</summary>
public sealed record RestoreStatus
{
    public static RestoreStatus None { get; } = new();

    public RestorePhase Phase { get; init; }

    /// <summary>The run's own word for what it does.</summary>
    public string? Step { get; init; }

    public long ObservedGeneration { get; init; }

    /// <summary><c>StatefulSet/redis</c>: into which it restores.</summary>
    public string? Workload { get; init; }

    public string? Claim { get; init; }

    /// <summary>The id of the backup, as text.</summary>
    public string? Backup { get; init; }

    public string? Job { get; init; }

    public DateTimeOffset? Started { get; init; }

    public DateTimeOffset? Completed { get; init; }

    public int? Percent { get; init; }

    /// <summary>Null: it has not ended, or nobody can tell.</summary>
    public DataState? Data { get; init; }

    public string? DataMessage { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>One word in CamelCase, of the conditions.</summary>
    public string? Reason { get; init; }

    public string? Message { get; init; }

    public bool IsOver => Phase is RestorePhase.Succeeded or RestorePhase.Failed;

    /// <summary>It is over, and what the claim holds is not known yet.</summary>
    public bool IsUnsettled => IsOver && Data == DataState.Unsettled;
}
