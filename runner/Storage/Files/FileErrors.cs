using BackupRunner.Reports;

namespace BackupRunner.Storage.Files;

/// <summary>What the file system answered, told as a storage failure (exit 4) with what to do about it.</summary>
static class FileErrors
{
    const int Exists = 17, NoSpace = 28, ReadOnly = 30, Quota = 122;

    public static RunnerException Told(Exception failure, string doing, string path)
    {
        var (what, hint) = failure switch
        {
            IOException { HResult: NoSpace } => ("no space left on the store", "free some space, or prune with a shorter retention; nothing of this backup is kept"),
            IOException { HResult: Quota } => ("the disk quota of the store is used up", "raise the quota or prune with a shorter retention"),
            IOException { HResult: ReadOnly } => ("the store is on a read-only file system", "mount it read-write, or name another --store"),
            DirectoryNotFoundException or IOException { HResult: Exists } when FileAt(path) is { } file => ($"\"{file}\" is a file", "name a folder for the store"),
            UnauthorizedAccessException => ("permission denied", "the runner's user must own the store or be able to write and list it"),
            DirectoryNotFoundException or FileNotFoundException => ("no such file or directory", "is the store mounted, and its path right"),
            _ => (failure.Message.TrimEnd('.'), null),
        };
        return new RunnerException(ExitCode.Storage, $"cannot {doing} \"{path}\": {what}", hint, failure);
    }

    static string? FileAt(string path)
    {
        for (var above = path; above.Length > 1; above = Path.GetDirectoryName(above)!)
        {
            if (File.Exists(above))
                return above;
        }
        return null;
    }

    public static bool IsIo(Exception failure) => failure is IOException or UnauthorizedAccessException;
}
