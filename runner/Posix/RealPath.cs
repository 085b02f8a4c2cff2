using System.ComponentModel;
using System.Runtime.InteropServices;

namespace BackupRunner.Posix;

/// <summary>realpath(3): the one absolute name of a file or folder that exists.</summary>
public static partial class RealPath
{
    /// <returns>Null when <paramref name="path"/> does not exist.</returns>
    /// <exception cref="IOException">It cannot be resolved; <c>HResult</c> is the errno.</exception>
    public static string? Of(string path)
    {
        var resolved = Resolve(path, IntPtr.Zero);
        if (resolved == IntPtr.Zero)
        {
            var errno = Marshal.GetLastPInvokeError();
            const int NoEntry = 2;
            return errno == NoEntry ? null : throw new IOException($"cannot resolve \"{path}\": {new Win32Exception(errno).Message}", errno);
        }
        try
        {
            return Marshal.PtrToStringUTF8(resolved)!;
        }
        finally
        {
            Free(resolved);
        }
    }

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial IntPtr Resolve(string path, IntPtr buffer);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(IntPtr pointer);
}
