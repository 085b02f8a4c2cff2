using System.ComponentModel;
using System.Runtime.InteropServices;

namespace BackupRunner.Posix;

/// <summary>What a store of files needs beyond .NET: fsync(2) on the folder that holds a name, and rmdir(2) that says "not empty" as a value.</summary>
public static partial class DirectorySync
{
    /// <summary>ENOENT.</summary>
    public const int NoEntry = 2;

    const int CloseOnExec = 0x80000;
    const int NotPermitted = 1, NoAccess = 13, Busy = 16, Exists = 17, ReadOnly = 30, NotEmpty = 39;

    /// <summary>Makes a rename, a creation or a deletion in <paramref name="directory"/> durable.</summary>
    /// <exception cref="IOException">The folder cannot be opened or synced; <c>HResult</c> is the errno.</exception>
    public static void Flush(string directory)
    {
        var descriptor = Open(directory, CloseOnExec);
        if (descriptor < 0)
            throw Failure("open", directory);
        try
        {
            if (Sync(descriptor) != 0)
                throw Failure("sync", directory);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <returns>False when the folder holds something, is gone, is mounted, or may not be removed.</returns>
    /// <exception cref="IOException">Any other failure; <c>HResult</c> is the errno.</exception>
    public static bool RemoveIfEmpty(string directory)
    {
        if (RemoveDirectory(directory) == 0)
            return true;
        return Marshal.GetLastPInvokeError() is NotPermitted or NoEntry or NoAccess or Busy or Exists or ReadOnly or NotEmpty ? false : throw Failure("remove", directory);
    }

    static IOException Failure(string doing, string directory)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new IOException($"cannot {doing} \"{directory}\": {new Win32Exception(errno).Message}", errno);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RemoveDirectory(string path);
}
