using BackupRunner.Names;
using BackupRunner.Posix;

namespace BackupRunner.Restore;

/// <summary>How far a restore is known to have come, in the order of the records.</summary>
public enum JournalPhase
{
    /// <summary>What is about to be moved is recorded; any of it may have moved.</summary>
    Armed,

    /// <summary>In-place: the old data is out of the root, and being removed. There is no way back.</summary>
    Emptied,

    /// <summary>In-place: the backup is complete beside the root, and moving in.</summary>
    Filled,

    /// <summary>The new data is in place, whole and durable.</summary>
    Committed,

    /// <summary>The old data is being put back.</summary>
    Undoing,

    /// <summary>The new data has been found good; what is left is to clean up.</summary>
    Accepted,
}

/// <summary>The record of one restore on its volume, <c>.backup-restore/ID/journal</c>, from before the first rename to after the last.</summary>
/// <param name="Supersedes">An in-place restore that had ended half-way and that this one replaces.</param>
/// <param name="OldRoot">The root's own attributes before.</param>
/// <param name="NewRoot">And after; null in an in-place restore that is not yet filled.</param>
/// <param name="OldNames">What was in the root before.</param>
/// <param name="NewNames">What the backup puts there; empty in an in-place restore that is not yet filled.</param>
public sealed record Journal(
    BackupId Id, bool InPlace, bool KeepOldData, bool Undo, BackupId? Supersedes,
    DirectoryAttributes OldRoot, DirectoryAttributes? NewRoot,
    IReadOnlyList<EntryName> OldNames, IReadOnlyList<EntryName> NewNames, JournalPhase Phase);
