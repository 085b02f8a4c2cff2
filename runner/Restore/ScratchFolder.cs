using BackupRunner.Names;
using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>
/// A folder that backups are extracted into only to be looked at, each in a folder of its own. It is this run's alone, and is left as it was found: empty, or
/// not there. What is in it is plain data.
/// </summary>
public sealed class ScratchFolder : IDisposable
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    const UnixFileMode EntryForAll = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    readonly Volume volume;
    readonly bool made;
    readonly bool shared;

    ScratchFolder(Volume volume, bool made, bool shared) => (this.volume, this.made, this.shared) = (volume, made, shared);

    public string Path => volume.Path;

    /// <param name="shared">Another user looks at the data too: in a pod, where nobody else can.</param>
    /// <exception cref="RunnerException">It is not empty (2), cannot be used (6), or another run has it (7).</exception>
    public static ScratchFolder Open(string path, bool shared)
    {
        try
        {
            var made = !System.IO.Path.Exists(path);
            if (made)
                Directory.CreateDirectory(path, shared ? EntryForAll : OwnerOnly);
            var volume = Volume.Open(path);
            if (volume.List(RestoreLayout.Root)!.Count == 0)
                return new ScratchFolder(volume, made, shared);
            volume.Dispose();
            throw new RunnerException(ExitCode.Usage, $"the scratch folder \"{path}\" is not empty", "name an empty folder, or one that is not there, with --scratch: what is extracted into it is removed again");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Volume, $"cannot make the scratch folder \"{path}\": {failure.Message.TrimEnd('.')}", "name another one with --scratch", failure);
        }
    }

    public VolumeSpace Space() => volume.Space();

    /// <returns>The folder for one backup, as an absolute path.</returns>
    public string Make(BackupId id)
    {
        volume.MakeDirectory(id.Text);
        var folder = System.IO.Path.Join(volume.Path, id.Text);
        // An archive without an entry for its root leaves the folder as it is made.
        if (shared)
            File.SetUnixFileMode(folder, EntryForAll);
        return folder;
    }

    /// <summary>What lies below the folder of one backup.</summary>
    public RecordedCounts Count(BackupId id, CancellationToken cancel)
    {
        var (entries, files, bytes) = (0L, 0L, 0L);
        var linked = new HashSet<(ulong, ulong)>();
        var shown = System.IO.Path.Join(volume.Path, id.Text);
        using var folder = Descriptor.OpenDirectory(shown) ?? throw LastError.Failure($"read \"{shown}\"");
        TreeWalk.Visit(folder, shown, (_, _, status) =>
        {
            entries++;
            if (status.Kind != FileKind.RegularFile || status.Links > 1 && !linked.Add((status.Device, status.Inode)))
                return;
            files++;
            bytes += status.Bytes;
        }, cancel);
        return new RecordedCounts(entries, files, bytes);
    }

    /// <exception cref="RunnerException">Exit 6: something of it cannot be removed.</exception>
    public void Remove(BackupId id) => volume.RemoveTree(id.Text, CancellationToken.None);

    public void Dispose()
    {
        var path = volume.Path;
        var isEmpty = volume.List(RestoreLayout.Root) is { Count: 0 };
        volume.Dispose();
        if (made && isEmpty)
            Directory.Delete(path);
    }
}
