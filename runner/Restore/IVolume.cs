using BackupRunner.Posix;

namespace BackupRunner.Restore;

/// <summary>An entry of one directory of the volume.</summary>
/// <param name="IsDirectory">False for a symbolic link, wherever it leads.</param>
/// <param name="IsMountPoint">Something is mounted on it: it cannot be renamed.</param>
/// <param name="IsMovable">As far as permissions tell, this process may rename it into another directory.</param>
public sealed record VolumeEntry(EntryName Name, bool IsDirectory, bool IsMountPoint, bool IsMovable);

/// <summary>Free and whole space. <paramref name="Inodes"/> is null where the file system makes them as needed.</summary>
public sealed record VolumeSpace(long FreeBytes, long TotalBytes, long? Inodes, bool ReadOnly);

public enum Moved
{
    Done,

    /// <summary>The name is taken where it should go; nothing was changed.</summary>
    NameTaken,

    /// <summary>There is no such entry to move.</summary>
    Missing,
}

/// <summary>
/// All that a restore does to a volume: every operation is one step that a kill may precede or follow. A directory is a path of plain
/// names from the volume's root ("." is the root); no symbolic link is followed on the way. Fails with <see cref="RunnerException"/>,
/// exit code 6.
/// </summary>
public interface IVolume : IDisposable
{
    /// <summary>Absolute, without symbolic links.</summary>
    string Path { get; }

    VolumeSpace Space();

    /// <summary>Mount points below the root, for messages.</summary>
    IReadOnlyList<string> Mounts();

    /// <summary>Disk space that emptying the root would free, at least: blocks, hard links counted in parts.</summary>
    long FreeableBytes(CancellationToken cancel);

    bool IsWritable(string directory);

    bool DirectoryExists(string directory);

    /// <returns>Every entry, in no order; null when there is no such directory.</returns>
    IReadOnlyList<VolumeEntry>? List(string directory);

    /// <summary>Makes a directory that only its owner may enter, without inherited ACLs. One that exists is left as it is.</summary>
    void MakeDirectory(string directory);

    /// <summary>Renames an entry into another directory, or under another name, and never replaces anything.</summary>
    Moved Move(string from, EntryName name, string to, EntryName newName);

    /// <summary>Removes a directory and all below it; one that does not exist is no error.</summary>
    void RemoveTree(string directory, CancellationToken cancel);

    /// <returns>False when it is not empty; one that does not exist is no error.</returns>
    bool RemoveIfEmpty(string directory);

    DirectoryAttributes ReadAttributes(string directory);

    /// <returns>What this process may not change, for a warning: empty when all is as asked.</returns>
    IReadOnlyList<string> WriteAttributes(string directory, DirectoryAttributes attributes);

    /// <summary>Sets only the time of modification; false when this process may not.</summary>
    bool WriteTime(string directory, DirectoryAttributes attributes);

    /// <summary>Makes the entries of a directory durable.</summary>
    void Sync(string directory);

    /// <summary>Makes everything on the volume's file system durable.</summary>
    void SyncAll();

    /// <returns>Null when there is no such file.</returns>
    byte[]? ReadFile(string file);

    /// <summary>Creates a file, which must not exist, with room for <paramref name="roomBytes"/> more, and makes its content durable.</summary>
    void CreateFile(string file, ReadOnlySpan<byte> content, int roomBytes);

    /// <summary>Cuts the file to <paramref name="length"/> when it is longer, appends, and makes it durable.</summary>
    void Append(string file, long length, ReadOnlySpan<byte> content);

    /// <summary>One that does not exist is no error.</summary>
    void RemoveFile(string file);
}
