using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BackupRunner.Hooks;

/// <summary>Makes a rename in a folder survive a power cut: fsync(2) of the folder, which .NET opens no handle of.</summary>
static partial class FolderSync
{
    const int CloseOnExec = 0x80000;

    public static void Sync(string folder)
    {
        using var handle = new SafeFileHandle(Open(folder, CloseOnExec), ownsHandle: true);
        if (handle.IsInvalid || Fsync(handle) != 0)
            throw new IOException($"cannot sync \"{folder}\": {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle file);
}
