namespace BackupRunner.Posix;

enum FileKind
{
    Directory,
    RegularFile,
    Other,
}

/// <summary>What statx(2) says of a file. A symbolic link is never followed.</summary>
/// <param name="Mode">Permission bits, setuid, setgid and sticky: 12 bits.</param>
/// <param name="Bytes">Its apparent size.</param>
/// <param name="MountPoint">Something is mounted here: it cannot be renamed, and what it shows is not this volume's.</param>
sealed record FileStatus(
    FileKind Kind, uint Mode, uint User, uint Group, long ModifiedSeconds, uint ModifiedNanoseconds,
    ulong Device, ulong Inode, uint Links, long Bytes, long DiskBytes, bool MountPoint)
{
    const uint BasicStats = 0x7ff;
    const ulong MountRoot = 0x2000;

    public bool IsSameFile(FileStatus other) => (Device, Inode) == (other.Device, other.Inode);

    /// <returns>Null, with the reason in <see cref="LastError"/>.</returns>
    public static FileStatus? At(Descriptor directory, ReadOnlySpan<byte> name) =>
        Libc.StatX(directory, name, Libc.AtNoFollow | Libc.AtNoAutomount, BasicStats, out var status) == 0 ? From(status) : null;

    /// <returns>Null, with the reason in <see cref="LastError"/>.</returns>
    public static FileStatus? Of(Descriptor file) =>
        Libc.StatX(file, "\0"u8, Libc.AtEmptyPath, BasicStats, out var status) == 0 ? From(status) : null;

    static FileStatus From(in StatXBuffer status) => new(
        (status.Mode & 0xf000) switch { 0x4000 => FileKind.Directory, 0x8000 => FileKind.RegularFile, _ => FileKind.Other },
        status.Mode & 0xfffu, status.User, status.Group, status.ModifiedSeconds, status.ModifiedNanoseconds,
        ((ulong)status.DeviceMajor << 32) | status.DeviceMinor, status.Inode, status.Links, (long)status.Size, (long)status.Blocks * 512,
        (status.Attributes & MountRoot) != 0);
}
