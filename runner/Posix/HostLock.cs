using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BackupRunner.Posix;

/// <summary>
/// A lock file that one process of this host holds (flock(2)); the kernel lets go of it when the process ends, however it ends. Disposing it
/// removes the file.
/// </summary>
sealed partial class HostLock : IDisposable
{
    const int ReadWrite = 0x2;
    const int Create = 0x40;
    const int CloseOnExec = 0x80000;
    const int ExclusiveNow = 2 | 4;
    const int Unlock = 8;
    const int WouldBlock = 11;
    const uint OwnerOnly = 0x180;

    readonly string path;
    readonly SafeFileHandle file;

    HostLock(string path, SafeFileHandle file) => (this.path, this.file) = (path, file);

    /// <returns>Null when another process, or another lock of this one, has it.</returns>
    /// <exception cref="IOException">The file cannot be created or opened.</exception>
    public static HostLock? Take(string path)
    {
        while (true)
        {
            // Close-on-exec: a server that a script starts must not keep the lock.
            var file = new SafeFileHandle(Open(path, ReadWrite | Create | CloseOnExec, OwnerOnly), ownsHandle: true);
            if (file.IsInvalid)
                throw new IOException($"\"{path}\": {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
            if (Flock(file, ExclusiveNow) != 0)
            {
                var reason = Marshal.GetLastPInvokeError();
                file.Dispose();
                return reason == WouldBlock ? null : throw new IOException($"\"{path}\": {new Win32Exception(reason).Message}");
            }
            // Whoever held it before may have removed the file between our open and our lock: then it is a lock on nothing.
            if (new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget is { } target && !target.EndsWith(" (deleted)", StringComparison.Ordinal))
                return new HostLock(path, file);
            file.Dispose();
        }
    }

    public void Dispose()
    {
        // Removed while it is held, so that nobody can have taken the file of this name.
        if (!file.IsClosed)
        {
            File.Delete(path);
            // Closing alone leaves the lock to a child that has just been forked and has not yet become its program.
            _ = Flock(file, Unlock);
        }
        file.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle file, int operation);
}
