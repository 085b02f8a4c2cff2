using System.Security.Cryptography;
using System.Text;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Backups;

/// <summary>
/// Outside a cluster, what excludes two runs: a file in the state folder, locked with flock(2) as long as the run lives, so that a killed
/// run holds nothing. A file beside it says who holds it, for the message of the one that is refused.
/// </summary>
public sealed class RunLock : IDisposable
{
    readonly FileStream file;

    RunLock(FileStream file) => this.file = file;

    public static RunLock OfSeries(string state, SeriesId series, string holder) => Take(state, "series", series.Path, $"{series}", holder);

    /// <param name="realPath">As <see cref="Posix.RealPath"/> gives it.</param>
    public static RunLock OfData(string state, string realPath, string holder) => Take(state, "data", realPath, $"\"{realPath}\"", holder);

    /// <returns>False when nothing holds the series, or nothing ever has.</returns>
    public static bool IsHeld(string state, SeriesId series)
    {
        try
        {
            using var probe = new FileStream(PathOf(state, "series", series.Path), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    static RunLock Take(string state, string scope, string name, string shown, string holder)
    {
        var path = PathOf(state, scope, name);
        FileStream file;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new RunnerException(ExitCode.Locked, $"another run holds {shown}: {(File.Exists(HolderOf(path)) ? File.ReadAllText(HolderOf(path)) : "just begun")}", "wait until it has ended, or end it");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Usage, $"cannot write the state folder \"{state}\": {failure.Message}", "name a writable one with --state", failure);
        }
        File.WriteAllText(HolderOf(path), $"{holder}, process {Environment.ProcessId}");
        return new RunLock(file);
    }

    // A file of its own: .NET takes a shared lock to read, which the holder's excludes.
    static string HolderOf(string lockPath) => lockPath + ".holder";

    static string PathOf(string state, string scope, string name) =>
        Path.Join(state, "locks", $"{scope}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..32]}.lock");

    public void Dispose() => file.Dispose();
}
