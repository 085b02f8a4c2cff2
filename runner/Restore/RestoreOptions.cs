using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>How to restore, by the command line and <c>restore.*</c> of the policy.</summary>
public sealed record RestoreOptions
{
    /// <summary>The directory that shall hold the data: the volume's root, or a symbolic link to it.</summary>
    public required string Target { get; init; }

    /// <summary>Empty the target first, after verifying, for a volume without room for both.</summary>
    public bool InPlace { get; init; }

    /// <summary>Leave the old data in <c>.backup-restore/kept</c>.</summary>
    public bool KeepOldData { get; init; }

    /// <summary>False: the old data is removed, with every trace of the restore, before the health check.</summary>
    public bool Undo { get; init; } = true;

    /// <summary>Create the target when it does not exist.</summary>
    public bool AllowMissingTarget { get; init; }
}

/// <summary>The moments at which a restore is about to change the volume, in their order.</summary>
public enum DestructiveStep
{
    /// <summary>The new data is about to be brought onto the volume, beside the old. In a cluster: stop the workload, which must not run out of space.</summary>
    Stage,

    /// <summary>In-place: the target is about to be emptied.</summary>
    Empty,

    /// <summary>The old data is about to make way for the new. In a cluster: stop the workload.</summary>
    Swap,

    /// <summary>The new data is in place and about to count.</summary>
    Commit,

    /// <summary>The old data is about to be put back. In a cluster: stop the workload.</summary>
    Undo,

    /// <summary>The old data is about to be removed.</summary>
    RemoveOld,
}

/// <summary>What the caller does while a restore goes on.</summary>
public sealed record RestoreHooks
{
    public static readonly RestoreHooks None = new();

    /// <summary>
    /// Runs once the new data is in place (in a cluster: start the workload, wait, then check). Any <see cref="RunnerException"/> means
    /// unhealthy.
    /// </summary>
    public Func<CancellationToken, Task>? Health { get; init; }

    /// <summary>Called before each destructive step; throws <see cref="RunnerException"/> to stop there.</summary>
    public Func<DestructiveStep, CancellationToken, Task>? Before { get; init; }

    /// <summary>Told in what state the data is, whenever that changes; before the first time it is untouched.</summary>
    public Action<DataState>? Leaves { get; init; }

    /// <summary>One line for each phase, for the log.</summary>
    public Action<string>? Progress { get; init; }
}
