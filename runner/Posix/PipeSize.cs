using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BackupRunner.Posix;

/// <summary>The kernel's buffer of a pipe, pipe(7): 64 KiB unless asked for more; 1 MiB is what anyone may have (/proc/sys/fs/pipe-max-size).</summary>
static partial class PipeSize
{
    public const int MaximumBytes = 1 << 20;

    const int SetPipeSize = 1031; // F_SETPIPE_SZ, fcntl(2)

    /// <summary>Fewer wake-ups for the same data. It is only faster: where the kernel refuses (a user's soft limit), the pipe stays as it is.</summary>
    public static void Raise(SafePipeHandle pipe) => _ = Fcntl(pipe, SetPipeSize, MaximumBytes);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(SafePipeHandle descriptor, int command, nint argument);
}
