namespace BackupRunner.Posix;

/// <summary>
/// Removes all that is below a directory, at any depth, with one directory open: no symbolic link is followed, no mount point entered.
/// What cannot be removed is left and the rest goes on.
/// </summary>
sealed class TreeRemoval(string shown)
{
    const int MostFailures = 100;
    const int ShownFailures = 5;

    readonly List<string> failures = [];
    readonly HashSet<(ulong Device, ulong Inode, EntryName Name)> kept = [];

    /// <param name="start">Is left open, and empty.</param>
    /// <exception cref="RunnerException">Names what could not be removed (exit code 6).</exception>
    public void Empty(Descriptor start, CancellationToken cancel)
    {
        var above = new Stack<(FileStatus Status, EntryName Below)>();
        var directory = start.OpenDirectoryAt(".\0"u8) ?? throw LastError.Failure($"remove \"{shown}\"");
        try
        {
            while (failures.Count < MostFailures)
            {
                cancel.ThrowIfCancellationRequested();
                var status = TreeWalk.Status(directory, shown);
                if (RemoveFiles(directory, status) is { } next)
                {
                    above.Push((status, next.Name));
                    directory.Dispose();
                    directory = next.Directory;
                }
                else if (above.TryPop(out var level))
                {
                    var parent = directory.OpenDirectoryAt("..\0"u8) ?? throw LastError.Failure($"remove \"{shown}\"");
                    directory.Dispose();
                    directory = parent;
                    // ".." of a directory that somebody has moved meanwhile is anywhere, and nothing there is ours to remove.
                    if (!TreeWalk.Status(directory, shown).IsSameFile(level.Status))
                        throw new RunnerException(Reports.ExitCode.Volume, $"\"{shown}\" changed while it was being removed");
                    if (Libc.UnlinkAt(directory, level.Below.Terminated, Libc.AtRemoveDirectory) != 0 && LastError.Number != Errno.NoEntry)
                        Keep(level.Status, level.Below, LastError.Number);
                }
                else
                {
                    break;
                }
            }
        }
        finally
        {
            directory.Dispose();
        }
        if (failures.Count > 0)
            throw new RunnerException(Reports.ExitCode.Volume, $"cannot remove {string.Join(", ", failures.Take(ShownFailures))}"
                + (failures.Count > ShownFailures ? $" and at least {failures.Count - ShownFailures} more" : ""));
    }

    // Removes what is no directory, and gives the first directory that it finds. The directory is read again from its start after each
    // one: positions in it do not outlive removals on every file system.
    (EntryName Name, Descriptor Directory)? RemoveFiles(Descriptor directory, FileStatus status)
    {
        using var reader = new DirectoryReader(directory, shown);
        reader.Seek(0);
        while (failures.Count < MostFailures && reader.Next())
        {
            var name = reader.Current;
            if (kept.Contains((status.Device, status.Inode, name)))
                continue;
            if (FileStatus.At(directory, name.Terminated) is not { } entry)
            {
                if (LastError.Number != Errno.NoEntry)
                    Keep(status, name, LastError.Number);
            }
            else if (entry.MountPoint)
            {
                failures.Add($"\"{name}\" (something is mounted there)");
                kept.Add((status.Device, status.Inode, name));
            }
            else if (entry.Kind != FileKind.Directory)
            {
                if (Libc.UnlinkAt(directory, name.Terminated, 0) != 0 && LastError.Number != Errno.NoEntry)
                    Keep(status, name, LastError.Number);
            }
            else if (Enter(directory, name, entry) is { } below)
            {
                return (name, below);
            }
            else
            {
                Keep(status, name, LastError.Number);
            }
        }
        return null;
    }

    // Only an owner without privilege is stopped by the mode, and may change it: what is here is going away.
    static Descriptor? Enter(Descriptor directory, EntryName name, FileStatus entry)
    {
        const uint all = 0b111_000_000;
        if ((entry.Mode & all) != all && entry.User == Libc.EffectiveUser())
            _ = Libc.ChangeModeAt(directory, name.Terminated, all, 0);
        return directory.OpenDirectoryAt(name.Terminated);
    }

    void Keep(FileStatus parent, EntryName name, Errno reason)
    {
        if (kept.Add((parent.Device, parent.Inode, name)) && reason != Errno.NotEmpty)
            failures.Add($"\"{name}\" ({LastError.Text(reason)})");
    }
}
