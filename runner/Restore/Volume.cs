using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>
/// A real volume, open at its root: whatever the path comes to mean meanwhile, it stays that directory. While it is open no other
/// restore can open it (flock(2) on the root, gone with the process; a file system without locks goes without).
/// </summary>
public sealed class Volume : IVolume
{
    readonly VolumeRoot root;

    Volume(VolumeRoot root) => this.root = root;

    public string Path => root.Path;

    /// <param name="path">A directory, or a symbolic link to one: then the volume is the directory.</param>
    /// <exception cref="RunnerException">It is none or cannot be opened (6), or another restore has it (7).</exception>
    public static Volume Open(string path)
    {
        var volume = OpenToRead(path);
        if (Libc.Lock(volume.root.Directory, Libc.LockExclusiveNow) == 0 || LastError.Number != Errno.WouldBlock)
            return volume;
        volume.Dispose();
        throw new RunnerException(ExitCode.Locked, $"another restore is working on \"{path}\"", "wait until it has ended");
    }

    /// <summary>The same without the lock, for those who only look.</summary>
    public static Volume OpenToRead(string path)
    {
        var root = Descriptor.OpenDirectory(path) ?? throw CannotOpen(path, LastError.Number);
        // The kernel's own answer; resolving the words of the path could race with a change of them.
        var real = new FileInfo($"/proc/self/fd/{root.DangerousGetHandle()}").LinkTarget ?? System.IO.Path.GetFullPath(path);
        return new Volume(new VolumeRoot(root, real));
    }

    static RunnerException CannotOpen(string path, Errno reason) => reason switch
    {
        Errno.NoEntry => new(ExitCode.Volume, $"the target \"{path}\" does not exist", "create it, or name another target"),
        Errno.NotDirectory => new(ExitCode.Volume, $"the target \"{path}\" is not a directory", "name the directory that shall hold the data"),
        Errno.NoAccess => LastError.Failure(reason, $"open the target \"{path}\"", "run as a user who may read and write it"),
        _ => LastError.Failure(reason, $"open the target \"{path}\""),
    };

    // Closing alone would leave the lock to a child that was forked and has not come to its own program yet.
    public void Dispose()
    {
        _ = root.Directory.IsClosed ? 0 : Libc.Lock(root.Directory, Libc.Unlock);
        root.Dispose();
    }

    public VolumeSpace Space()
    {
        const ulong readOnly = 1;
        if (Libc.StatVfs(root.Directory, out var status) != 0)
            throw LastError.Failure($"read the free space of \"{Path}\"");
        return new VolumeSpace(
            (long)(status.BlocksAvailable * status.FragmentBytes), (long)(status.Blocks * status.FragmentBytes),
            status.Files == 0 ? null : (long)status.FilesAvailable, (status.Flags & readOnly) != 0);
    }

    public IReadOnlyList<string> Mounts() => MountTable.Below(Path);

    public long FreeableBytes(CancellationToken cancel) => TreeSize.Freeable(root.Directory, List(RestoreLayout.Root)!, cancel);

    public bool IsWritable(string directory)
    {
        using var opened = root.Open(directory);
        return Libc.AccessAt(opened, ".\0"u8, Libc.WriteAndSearchOk, Libc.AtEffectiveAccess) == 0;
    }

    public bool DirectoryExists(string directory)
    {
        using var opened = root.TryOpen(directory);
        return opened is not null;
    }

    public IReadOnlyList<VolumeEntry>? List(string directory)
    {
        using var opened = root.TryOpen(directory);
        if (opened is null)
            return null;
        var parent = TreeWalk.Status(opened, root.Show(directory));
        var entries = new List<VolumeEntry>();
        using var reader = new DirectoryReader(opened, root.Show(directory));
        while (reader.Next())
        {
            if (FileStatus.At(opened, reader.Current.Terminated) is not { } status)
                continue;
            entries.Add(new VolumeEntry(
                reader.Current, status.Kind == FileKind.Directory, status.MountPoint, IsMovable(opened, parent, reader.Current, status)));
        }
        return entries;
    }

    // rename(2): a directory that gets another parent must itself be writable, and in a sticky directory only owners may rename.
    static bool IsMovable(Descriptor directory, FileStatus parent, EntryName name, FileStatus status)
    {
        const uint sticky = 0b001_000_000_000;
        var user = Libc.EffectiveUser();
        if (user != 0 && (parent.Mode & sticky) != 0 && user != parent.User && user != status.User)
            return false;
        return status.Kind != FileKind.Directory
            || Libc.AccessAt(directory, name.Terminated, Libc.WriteOk, Libc.AtEffectiveAccess | Libc.AtNoFollow) == 0;
    }

    public void MakeDirectory(string directory)
    {
        const uint ownerOnly = 0b111_000_000;
        var (parent, own) = root.OpenParent(directory);
        using (parent)
        {
            if (Libc.MakeDirectoryAt(parent, own.Terminated, ownerOnly) != 0)
            {
                if (LastError.Number != Errno.Exists)
                    throw LastError.Failure($"make \"{root.Show(directory)}\"");
                if (FileStatus.At(parent, own.Terminated)?.Kind != FileKind.Directory)
                    throw new RunnerException(ExitCode.Volume, $"\"{root.Show(directory)}\" is not a directory", "a restore stages there: move it away");
                return;
            }
        }
        // Neither a default ACL nor the setgid bit of the root may rub off on what is staged below.
        using var made = root.Open(directory);
        foreach (var name in ExtendedAttributes.Names(made, root.Show(directory)).Where(VolumeAttributes.IsAcl))
            if (!ExtendedAttributes.Remove(made, name))
                throw LastError.Failure($"remove the ACL of \"{root.Show(directory)}\"");
        if (Libc.ChangeMode(made, ownerOnly) != 0)
            throw LastError.Failure($"set the mode of \"{root.Show(directory)}\"");
    }

    public Moved Move(string from, EntryName name, string to, EntryName newName)
    {
        using var source = root.Open(from, $"move \"{name}\"");
        using var target = root.Open(to, $"move \"{name}\"");
        if (Libc.RenameAt2(source, name.Terminated, target, newName.Terminated, Libc.RenameNoReplace) == 0)
            return Moved.Done;
        // NFS and some others know no flags. The look beforehand is as safe there as anything can be.
        if (LastError.Number is Errno.Invalid or Errno.NotImplemented)
        {
            if (FileStatus.At(target, newName.Terminated) is not null)
                return Moved.NameTaken;
            if (LastError.Number == Errno.NoEntry
                && Libc.RenameAt2(source, name.Terminated, target, newName.Terminated, 0) == 0)
                return Moved.Done;
        }
        return LastError.Number switch
        {
            Errno.Exists or Errno.NotEmpty => Moved.NameTaken,
            Errno.NoEntry => Moved.Missing,
            var reason => throw LastError.Failure(reason, $"move \"{name}\" from \"{root.Show(from)}\" to \"{root.Show(to)}\""),
        };
    }

    public void RemoveTree(string directory, CancellationToken cancel)
    {
        using var opened = root.TryOpen(directory);
        if (opened is null)
            return;
        new TreeRemoval(root.Show(directory)).Empty(opened, cancel);
        if (!RemoveIfEmpty(directory))
            throw LastError.Failure(Errno.NotEmpty, $"remove \"{root.Show(directory)}\"");
    }

    public bool RemoveIfEmpty(string directory)
    {
        var (parent, name) = root.OpenParent(directory);
        using (parent)
        {
            if (Libc.UnlinkAt(parent, name.Terminated, Libc.AtRemoveDirectory) == 0)
                return true;
            return LastError.Number switch
            {
                Errno.NoEntry => true,
                Errno.NotEmpty or Errno.Exists => false,
                var reason => throw LastError.Failure(reason, $"remove \"{root.Show(directory)}\""),
            };
        }
    }

    public DirectoryAttributes ReadAttributes(string directory)
    {
        using var opened = root.Open(directory);
        return VolumeAttributes.Read(opened, root.Show(directory));
    }

    public IReadOnlyList<string> WriteAttributes(string directory, DirectoryAttributes attributes)
    {
        using var opened = root.Open(directory);
        return VolumeAttributes.Write(opened, root.Show(directory), attributes);
    }

    public bool WriteTime(string directory, DirectoryAttributes attributes)
    {
        using var opened = root.Open(directory);
        return VolumeAttributes.WriteTime(opened, root.Show(directory), attributes);
    }

    public void Sync(string directory)
    {
        using var opened = root.Open(directory);
        // EINVAL: a file system that knows no sync of a directory has nothing to wait for.
        if (Libc.Sync(opened) != 0 && LastError.Number != Errno.Invalid)
            throw LastError.Failure($"sync \"{root.Show(directory)}\"");
    }

    public void SyncAll()
    {
        if (Libc.SyncFileSystem(root.Directory) != 0)
            throw LastError.Failure($"sync the file system of \"{Path}\"");
    }

    public byte[]? ReadFile(string file)
    {
        var (parent, name) = root.TryOpenParent(file);
        if (parent is null)
            return null;
        using (parent)
            return SmallFile.Read(parent, name, root.Show(file));
    }

    public void CreateFile(string file, ReadOnlySpan<byte> content, int roomBytes)
    {
        var (parent, name) = root.OpenParent(file);
        using (parent)
            SmallFile.Create(parent, name, root.Show(file), content, roomBytes);
    }

    public void Append(string file, long length, ReadOnlySpan<byte> content)
    {
        var (parent, name) = root.OpenParent(file);
        using (parent)
            SmallFile.Append(parent, name, root.Show(file), length, content);
    }

    public void RemoveFile(string file)
    {
        var (parent, name) = root.OpenParent(file);
        using (parent)
            if (Libc.UnlinkAt(parent, name.Terminated, 0) != 0 && LastError.Number != Errno.NoEntry)
                throw LastError.Failure($"remove \"{root.Show(file)}\"");
    }
}
