using BackupRunner.Names;

namespace BackupRunner.Restore;

/// <summary>What a restore puts into the volume: one backup, found and known to be this target's.</summary>
public interface IRestoreSource
{
    BackupId Id { get; }

    RestoreSize Size { get; }

    /// <summary>One full pass over the stored object, before <c>--in-place</c> empties anything.</summary>
    /// <exception cref="RunnerException">Not what was stored (5), or not readable (4).</exception>
    Task Verify(CancellationToken cancel);

    /// <summary>
    /// Downloads, verifies and extracts into an empty directory (mode 0700), which gets the attributes of the archive's own root entry.
    /// Returns only when all of it was verified.
    /// </summary>
    /// <param name="directory">An absolute path.</param>
    Task<ExtractedCounts> ExtractInto(string directory, CancellationToken cancel);
}

/// <summary>What extracting needs.</summary>
/// <param name="DiskBytes">Bytes on the disk, holes not counted, blocks rounded up.</param>
/// <param name="Inodes">Files, directories and all else that has an inode.</param>
/// <param name="Expected">What the manifest counted; null when it did not (an archive that a command made).</param>
public sealed record RestoreSize(long DiskBytes, long Inodes, RecordedCounts? Expected);

/// <summary>The manifest's counts: entries of every kind, regular files, and the bytes in those.</summary>
public sealed record RecordedCounts(long Entries, long Files, long Bytes);

/// <param name="HasRoot">The archive held an entry for its root directory, whose attributes the volume's root shall get.</param>
public sealed record ExtractedCounts(RecordedCounts Counts, bool HasRoot);
