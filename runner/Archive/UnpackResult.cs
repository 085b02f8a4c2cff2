namespace BackupRunner.Archive;

/// <param name="Warnings">Entries that were left out, and what tar could not set (an extended attribute that needs a privilege).</param>
public sealed record UnpackResult(TarCounts Counts, IReadOnlyList<ArchiveWarning> Warnings);
