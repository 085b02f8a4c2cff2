using BackupRunner.Posix;

namespace BackupRunner.Restore;

/// <summary>How much disk space a removal would free, at least.</summary>
static class TreeSize
{
    public static long Freeable(Descriptor root, IReadOnlyList<VolumeEntry> entries, CancellationToken cancel)
    {
        var bytes = 0L;
        foreach (var entry in entries.Where(entry => !RestoreLayout.IsReserved(entry.Name) && !entry.IsMountPoint))
        {
            bytes += FileStatus.At(root, entry.Name.Terminated) is { } status ? Freeable(status) : 0;
            if (!entry.IsDirectory)
                continue;
            using var directory = root.OpenDirectoryAt(entry.Name.Terminated) ?? throw LastError.Failure($"read \"{entry.Name}\"");
            TreeWalk.Visit(directory, entry.Name.ToString(), (_, _, status) => bytes += Freeable(status), cancel);
        }
        return bytes;
    }

    // A file with other names may keep some of them.
    static long Freeable(FileStatus status) =>
        status.Kind == FileKind.Directory ? status.DiskBytes : status.DiskBytes / Math.Max(1, status.Links);
}
