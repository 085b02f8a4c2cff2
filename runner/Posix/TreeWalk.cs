namespace BackupRunner.Posix;

/// <summary>
/// Visits every entry below a directory, an entry of a directory before what is in it, at any depth, with one directory open and a few
/// numbers of memory a level. Follows no symbolic link and enters no mount point.
/// </summary>
static class TreeWalk
{
    readonly record struct Level(FileStatus Status, long Position);

    /// <param name="start">Is left open. The tree must not change meanwhile.</param>
    /// <param name="visit">Gets the open directory, the entry's name and status.</param>
    public static void Visit(Descriptor start, string shown, Action<Descriptor, EntryName, FileStatus> visit, CancellationToken cancel)
    {
        var above = new Stack<Level>();
        var directory = start.OpenDirectoryAt(".\0"u8) ?? throw LastError.Failure($"read \"{shown}\"");
        var position = 0L;
        try
        {
            while (true)
            {
                if (NextDirectory(directory, shown, ref position, visit, cancel) is { } below)
                {
                    above.Push(new Level(Status(directory, shown), position));
                    Replace(ref directory, directory.OpenDirectoryAt(below.Terminated), $"{shown}/.../{below}");
                    position = 0;
                }
                else if (above.TryPop(out var level))
                {
                    Replace(ref directory, directory.OpenDirectoryAt("..\0"u8), shown);
                    // ".." of a directory that somebody has moved meanwhile is anywhere.
                    if (!Status(directory, shown).IsSameFile(level.Status))
                        throw new RunnerException(Reports.ExitCode.Volume, $"\"{shown}\" changed while it was read");
                    position = level.Position;
                }
                else
                {
                    return;
                }
            }
        }
        finally
        {
            directory.Dispose();
        }
    }

    static EntryName? NextDirectory(
        Descriptor directory, string shown, ref long position, Action<Descriptor, EntryName, FileStatus> visit, CancellationToken cancel)
    {
        using var reader = new DirectoryReader(directory, shown);
        reader.Seek(position);
        while (reader.Next())
        {
            cancel.ThrowIfCancellationRequested();
            position = reader.Position;
            var status = FileStatus.At(directory, reader.Current.Terminated)
                ?? throw LastError.Failure($"read \"{shown}/.../{reader.Current}\"");
            visit(directory, reader.Current, status);
            if (status is { Kind: FileKind.Directory, MountPoint: false })
                return reader.Current;
        }
        return null;
    }

    static void Replace(ref Descriptor directory, Descriptor? next, string shown)
    {
        if (next is null)
            throw LastError.Failure($"read \"{shown}\"");
        directory.Dispose();
        directory = next;
    }

    internal static FileStatus Status(Descriptor directory, string shown) =>
        FileStatus.Of(directory) ?? throw LastError.Failure($"read \"{shown}\"");
}
