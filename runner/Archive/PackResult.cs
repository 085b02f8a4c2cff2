namespace BackupRunner.Archive;

/// <param name="TarExit">0, or 1 when files changed while tar read them.</param>
public sealed record PackResult(TarCounts Counts, IReadOnlyList<ArchiveWarning> Warnings, int TarExit);
