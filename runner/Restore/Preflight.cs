using System.Globalization;
using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>Finds what would stop a restore while nothing has been touched. All that is wrong with the entries is said at once.</summary>
static class Preflight
{
    const int ShownNames = 10;

    // The journal, the directories of a restore, and what a file system takes for itself while files are made.
    const long SpareBytes = 1024 * 1024;
    const long SpareInodes = 16;

    /// <exception cref="RunnerException">Exit code 6.</exception>
    public static void Target(IVolume volume)
    {
        if (volume.Space().ReadOnly)
            throw new RunnerException(ExitCode.Volume, $"the target \"{volume.Path}\" is on a read-only file system", "mount it read-write");
        if (!volume.IsWritable(RestoreLayout.Root))
            throw new RunnerException(ExitCode.Volume, $"the target \"{volume.Path}\" is not writable",
                "run as its owner, as a member of its group where that may write, or as root");
        if (volume.Mounts() is { Count: > 0 } mounts)
            throw new RunnerException(ExitCode.Volume,
                $"something is mounted below the target \"{volume.Path}\", and a mount cannot be moved: {Listed(mounts)}",
                "unmount it, or restore into the mounted directory by itself");
        Movable(volume, RestoreLayout.Root, "the target holds");
    }

    /// <summary>That every entry of a directory can be renamed into another.</summary>
    /// <exception cref="RunnerException">Exit code 6.</exception>
    public static void Movable(IVolume volume, string directory, string holds)
    {
        var entries = volume.List(directory)!.Where(entry => !RestoreLayout.IsReserved(entry.Name)).ToList();
        var fixedEntries = entries.Where(entry => entry.IsMountPoint || !entry.IsMovable).Select(entry => entry.Name.ToString()).ToList();
        if (fixedEntries.Count > 0)
            throw new RunnerException(ExitCode.Volume, $"{holds} what this user may not move, in \"{volume.Path}\": {Listed(fixedEntries)}",
                "a directory is moved by who may write it: run as root or as its owner, and \"chmod u+w\" what is read-only");
    }

    /// <summary>That staging fits beside the data.</summary>
    /// <exception cref="RunnerException">Exit code 6.</exception>
    public static void RoomToStage(IVolume volume, RestoreSize size)
    {
        var space = volume.Space();
        var kept = volume.DirectoryExists(RestoreLayout.Kept) ? $"; data kept by earlier restores is in \"{Path.Combine(volume.Path, RestoreLayout.Kept)}\"" : "";
        Room(volume, size, space, space.FreeBytes, $"free some, or restore with --in-place, which has no way back{kept}");
    }

    /// <summary>That the backup fits once the data is gone.</summary>
    /// <exception cref="RunnerException">Exit code 6.</exception>
    public static void RoomInPlace(IVolume volume, RestoreSize size, CancellationToken cancel)
    {
        var space = volume.Space();
        var available = space.FreeBytes >= size.DiskBytes + SpareBytes ? space.FreeBytes : space.FreeBytes + volume.FreeableBytes(cancel);
        Room(volume, size, space with { Inodes = null }, Math.Min(available, space.TotalBytes), "enlarge the volume");
    }

    static void Room(IVolume volume, RestoreSize size, VolumeSpace space, long availableBytes, string hint)
    {
        if (availableBytes < size.DiskBytes + SpareBytes)
            throw new RunnerException(ExitCode.Volume,
                $"too little space on \"{volume.Path}\": the backup needs {Number(size.DiskBytes + SpareBytes)} bytes, {Number(availableBytes)} can be had", hint);
        if (space.Inodes is { } inodes && inodes < size.Inodes + SpareInodes)
            throw new RunnerException(ExitCode.Volume,
                $"too few inodes on \"{volume.Path}\": the backup needs {Number(size.Inodes + SpareInodes)}, {Number(inodes)} are free", hint);
    }

    static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    static string Listed(IReadOnlyList<string> names) => string.Join(", ", names.Take(ShownNames).Select(name => $"\"{name}\""))
        + (names.Count > ShownNames ? $" and {names.Count - ShownNames} more" : "");
}
