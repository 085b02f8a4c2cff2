namespace BackupRunner.Hooks;

/// <param name="BackupId">The backup that froze the workload.</param>
public sealed record Frozen(string BackupId, DateTimeOffset Since);

/// <summary>
/// Remembers, beyond the life of this process, that the workload may be frozen. In a state folder outside a cluster, on the Lease in one.
/// </summary>
public interface IFrozenMark
{
    /// <summary>Where it is kept, for messages.</summary>
    string Address { get; }

    /// <returns>Null when no run left the workload frozen.</returns>
    Task<Frozen?> Read(CancellationToken cancel);

    /// <summary>Returns when the mark would survive a power cut.</summary>
    Task Write(Frozen frozen, CancellationToken cancel);

    /// <summary>
    /// Whether another run has taken over what this one held, and with it the duty to thaw: to thaw now could undo the other's freeze.
    /// </summary>
    Task<bool> IsAnothers(CancellationToken cancel);

    /// <summary>No error when there is none.</summary>
    Task Clear(CancellationToken cancel);
}
