using BackupRunner.Names;
using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Hooks;

/// <summary>
/// The path of a command's archive, taken by this run alone: one lock on the host. Nothing is there when it is taken, and nothing when it is
/// given back.
/// </summary>
sealed class ArchivePlace : IDisposable
{
    /// <summary>One part in so many of a node's disk stays free: below 15 % (imagefs.available, of the only disk; 12 % on some services) kubelet evicts pods whose emptyDirs fill it, and the Job's next pod would do the same.</summary>
    const int KeptPart = 5;

    readonly HostLock held;

    ArchivePlace(string path, HostLock taken) => (Path, held) = (path, taken);

    public string Path { get; }

    public string ChecksumPath => Path + BackupKeys.ChecksumSuffix;

    /// <summary>In a pod, before the workload is stopped: that an archive fits on the node's disk.</summary>
    /// <param name="needed">The archive's size in bytes.</param>
    /// <exception cref="RunnerException">Exit 6: it does not.</exception>
    public static void RequireRoom(string path, long needed)
    {
        var folder = System.IO.Path.GetDirectoryName(path);
        if (!Directory.Exists(folder))
            return;
        var disk = new DriveInfo(folder);
        var (free, kept) = (disk.AvailableFreeSpace, Kept(disk.TotalSize));
        if (needed > free - kept)
        {
            throw new RunnerException(ExitCode.Volume,
                $"too little space in \"{folder}\": {free} bytes are free, of which {kept} have to stay so that kubelet does not evict this pod, and the archive needs {needed}; nothing was touched",
                "make room on the node's disk, or restore by a Job of your own with a larger volume there");
        }
    }

    /// <summary>What has to stay free of a node's disk, in bytes.</summary>
    public static long Kept(long totalBytes) => totalBytes / KeptPart;

    /// <param name="needed">Bytes that must be free there.</param>
    /// <param name="neededFor">What needs them, for the message.</param>
    /// <exception cref="RunnerException">Another run has it (7), the path is not absolute (2), or it cannot be used or is too small (3).</exception>
    public static ArchivePlace Take(string path, long needed, string neededFor)
    {
        if (!System.IO.Path.IsPathRooted(path) || path.EndsWith('/'))
            throw new RunnerException(ExitCode.Usage, $"the archive path \"{path}\" is not the absolute path of a file");
        var folder = System.IO.Path.GetDirectoryName(path)!;
        ArchivePlace place;
        try
        {
            // The archive is all of the data, in plain.
            if (!Directory.Exists(folder))
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            // A name with a dot, so that a script's "rm -rf folder/*" leaves the lock in peace.
            var taken = HostLock.Take(System.IO.Path.Combine(folder, $".{System.IO.Path.GetFileName(path)}.lock"))
                ?? throw new RunnerException(ExitCode.Locked, $"another run uses the archive path \"{path}\"", "wait until it has ended");
            place = new ArchivePlace(path, taken);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Command, $"cannot use \"{folder}\" for the archive: {failed.Message}",
                "make it a folder that the runner may write", failed);
        }
        try
        {
            place.Clear();
            var free = new DriveInfo(folder).AvailableFreeSpace;
            if (free < needed)
            {
                throw new RunnerException(ExitCode.Command, $"too little space in \"{folder}\": {free} bytes are free, {neededFor} {needed}",
                    "make room there, or mount a larger volume");
            }
            return place;
        }
        catch
        {
            place.held.Dispose();
            throw;
        }
    }

    /// <summary>Removes the archive and its checksum.</summary>
    public void Clear()
    {
        try
        {
            File.Delete(Path);
            File.Delete(ChecksumPath);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Command, $"cannot remove \"{Path}\": {failed.Message}",
                "it holds plain data of the workload: remove it by hand", failed);
        }
    }

    /// <summary>Clears and unlocks when something has failed already; what then cannot be removed is added to its message.</summary>
    public void GiveBack(Exception after)
    {
        try
        {
            Dispose();
        }
        catch (RunnerException left) when (after is RunnerException failed)
        {
            throw new RunnerException(failed.ExitCode, $"{failed.Message}; {left.Message}", left.Hint, failed);
        }
    }

    public void Dispose()
    {
        try
        {
            Clear();
        }
        finally
        {
            held.Dispose();
        }
    }
}
