namespace BackupRunner.Reports;

/// <summary>What a run's exit code says; a Job's podFailurePolicy is written in these numbers.</summary>
public enum ExitCode
{
    Done = 0,

    /// <summary>A bug of ours: printed with a stack.</summary>
    Bug = 1,

    /// <summary>Bad arguments or policy, nothing found, or the wrong identity.</summary>
    Usage = 2,

    /// <summary>A consistency, freeze or archive command failed, or the workload is unhealthy after a restore.</summary>
    Command = 3,

    /// <summary>The object store cannot be reached, read or written.</summary>
    Storage = 4,

    /// <summary>Stored data, a key or an authentication of data is not what it must be.</summary>
    Integrity = 5,

    /// <summary>The data volume (source or target) cannot be read, written or is in the middle of a restore.</summary>
    Volume = 6,

    /// <summary>Another run holds the series or the volume.</summary>
    Locked = 7,

    /// <summary>SIGTERM or SIGINT.</summary>
    Stopped = 143,
}
