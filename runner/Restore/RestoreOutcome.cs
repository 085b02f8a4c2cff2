using BackupRunner.Names;

namespace BackupRunner.Restore;

public enum SettledHow
{
    /// <summary>Nothing had been swapped: its staging was removed.</summary>
    Discarded,

    /// <summary>The data from before that restore is back.</summary>
    Undone,

    /// <summary>The data of that restore is in place.</summary>
    Finished,

    /// <summary>An in-place restore that ended half-way was begun again by this run, or gave way to this run's.</summary>
    Restarted,
}

/// <summary>An earlier restore that had ended half-way, and what this run made of it.</summary>
public sealed record SettledRestore(BackupId Id, SettledHow How);

/// <param name="Restored">The backup whose data this run put in place; null when it only settled, or found nothing to do.</param>
/// <param name="Kept">What was left on purpose, as absolute paths: old data by <c>keepOldData</c>, files another process made meanwhile.</param>
/// <param name="Warnings">The restore is good nevertheless.</param>
public sealed record RestoreOutcome(
    BackupId? Restored, IReadOnlyList<SettledRestore> Settled, IReadOnlyList<string> Kept, IReadOnlyList<string> Warnings);
