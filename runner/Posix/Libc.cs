using System.Runtime.InteropServices;
using System.Text;

namespace BackupRunner.Posix;

/// <summary>
/// The calls of glibc (2.30 or later, 64-bit x86 and ARM) that .NET has no byte-exact form of. Paths are bytes that end in NUL. What
/// fails returns -1 and leaves its reason in <see cref="Marshal.GetLastPInvokeError"/>.
/// </summary>
static unsafe partial class Libc
{
    const string Library = "libc";

    public const int AtCurrentDirectory = -100;
    public const int AtNoFollow = 0x100;
    public const int AtEffectiveAccess = 0x200;
    public const int AtRemoveDirectory = 0x200;
    public const int AtNoAutomount = 0x800;
    public const int AtEmptyPath = 0x1000;
    public const int RenameNoReplace = 1;
    public const int LockExclusiveNow = 2 | 4;
    public const int Unlock = 8;
    public const int FallocateKeepSize = 1;
    public const int WriteOk = 2;
    public const int WriteAndSearchOk = 2 | 1;

    public const int WriteOnly = 0x1;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int Append = 0x400;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;

    // The kernel numbers these two by architecture (asm/fcntl.h).
    public static readonly int OnlyDirectory = IsArm ? 0x4000 : 0x10000;
    public static readonly int NoFollow = IsArm ? 0x8000 : 0x20000;

    static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public static byte[] Terminated(string path) => Encoding.UTF8.GetBytes(path + '\0');

    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(int directory, ReadOnlySpan<byte> path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "getdents64", SetLastError = true)]
    public static partial nint ReadDirectory(Descriptor directory, byte* buffer, nuint bytes);

    [LibraryImport(Library, EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(Descriptor file, long offset, int whence);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    public static partial int StatX(Descriptor directory, ReadOnlySpan<byte> path, int flags, uint mask, out StatXBuffer status);

    [LibraryImport(Library, EntryPoint = "fstatvfs", SetLastError = true)]
    public static partial int StatVfs(Descriptor file, out StatVfsBuffer status);

    [LibraryImport(Library, EntryPoint = "faccessat", SetLastError = true)]
    public static partial int AccessAt(Descriptor directory, ReadOnlySpan<byte> path, int mode, int flags);

    [LibraryImport(Library, EntryPoint = "mkdirat", SetLastError = true)]
    public static partial int MakeDirectoryAt(Descriptor directory, ReadOnlySpan<byte> path, uint mode);

    [LibraryImport(Library, EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int UnlinkAt(Descriptor directory, ReadOnlySpan<byte> path, int flags);

    [LibraryImport(Library, EntryPoint = "renameat2", SetLastError = true)]
    public static partial int RenameAt2(Descriptor from, ReadOnlySpan<byte> oldName, Descriptor to, ReadOnlySpan<byte> newName, uint flags);

    [LibraryImport(Library, EntryPoint = "fchmodat", SetLastError = true)]
    public static partial int ChangeModeAt(Descriptor directory, ReadOnlySpan<byte> path, uint mode, int flags);

    [LibraryImport(Library, EntryPoint = "fchown", SetLastError = true)]
    public static partial int ChangeOwner(Descriptor file, uint user, uint group);

    [LibraryImport(Library, EntryPoint = "fchmod", SetLastError = true)]
    public static partial int ChangeMode(Descriptor file, uint mode);

    [LibraryImport(Library, EntryPoint = "futimens", SetLastError = true)]
    public static partial int SetTimes(Descriptor file, TimeSpec* accessAndModification);

    [LibraryImport(Library, EntryPoint = "flistxattr", SetLastError = true)]
    public static partial nint ListAttributes(Descriptor file, byte* names, nuint bytes);

    [LibraryImport(Library, EntryPoint = "fgetxattr", SetLastError = true)]
    public static partial nint GetAttribute(Descriptor file, ReadOnlySpan<byte> name, byte* value, nuint bytes);

    [LibraryImport(Library, EntryPoint = "fsetxattr", SetLastError = true)]
    public static partial int SetAttribute(Descriptor file, ReadOnlySpan<byte> name, byte* value, nuint bytes, int flags);

    [LibraryImport(Library, EntryPoint = "fremovexattr", SetLastError = true)]
    public static partial int RemoveAttribute(Descriptor file, ReadOnlySpan<byte> name);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(Descriptor file);

    [LibraryImport(Library, EntryPoint = "syncfs", SetLastError = true)]
    public static partial int SyncFileSystem(Descriptor file);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(Descriptor file, int operation);

    [LibraryImport(Library, EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Allocate(Descriptor file, int mode, long offset, long bytes);

    [LibraryImport(Library, EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int Truncate(Descriptor file, long bytes);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(Descriptor file, byte* buffer, nuint bytes);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(Descriptor file, byte* buffer, nuint bytes);

    [LibraryImport(Library, EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();
}

[StructLayout(LayoutKind.Sequential)]
struct TimeSpec
{
    public long Seconds;
    public long Nanoseconds;
}

/// <summary>struct statx (statx(2)); one layout on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
struct StatXBuffer
{
    [FieldOffset(8)] public ulong Attributes;
    [FieldOffset(16)] public uint Links;
    [FieldOffset(20)] public uint User;
    [FieldOffset(24)] public uint Group;
    [FieldOffset(28)] public ushort Mode;
    [FieldOffset(32)] public ulong Inode;
    [FieldOffset(40)] public ulong Size;
    [FieldOffset(48)] public ulong Blocks;
    [FieldOffset(112)] public long ModifiedSeconds;
    [FieldOffset(120)] public uint ModifiedNanoseconds;
    [FieldOffset(136)] public uint DeviceMajor;
    [FieldOffset(140)] public uint DeviceMinor;
}

/// <summary>struct statvfs (statvfs(3)) where long has 64 bits.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
struct StatVfsBuffer
{
    [FieldOffset(8)] public ulong FragmentBytes;
    [FieldOffset(16)] public ulong Blocks;
    [FieldOffset(32)] public ulong BlocksAvailable;
    [FieldOffset(40)] public ulong Files;
    [FieldOffset(56)] public ulong FilesAvailable;
    [FieldOffset(72)] public ulong Flags;
}
