using System.Security.Cryptography;
using System.Text;
using BackupRunner.Names;
using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Backups;

/// <summary>
/// Outside a cluster, what excludes two runs: a file in the state folder, locked as long as the run lives, so that a killed run holds nothing.
/// A file beside it says who holds it, for the message of the one that is refused.
/// </summary>
public sealed class RunLock : IDisposable
{
    readonly string path;
    readonly HostLock held;

    RunLock(string path, HostLock held) => (this.path, this.held) = (path, held);

    public static RunLock OfSeries(string state, SeriesId series, string holder) => Take(state, "series", series.Path, $"{series}", holder);

    /// <param name="realPath">As <see cref="RealPath"/> gives it.</param>
    public static RunLock OfData(string state, string realPath, string holder) => Take(state, "data", realPath, $"\"{realPath}\"", holder);

    /// <returns>False when nothing holds the series, or nothing ever has.</returns>
    public static bool IsHeld(string state, SeriesId series)
    {
        var path = PathOf(state, "series", series.Path);
        if (!File.Exists(path))
            return false;
        using var taken = HostLock.Take(path);
        return taken is null;
    }

    static RunLock Take(string state, string scope, string name, string shown, string holder)
    {
        var path = PathOf(state, scope, name);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (HostLock.Take(path) is not { } held)
            {
                var other = File.Exists(HolderOf(path)) ? File.ReadAllText(HolderOf(path)) : "just begun";
                throw new RunnerException(ExitCode.Locked, $"another run holds {shown}: {other}", "wait until it has ended, or end it");
            }
            File.WriteAllText(HolderOf(path), $"{holder}, process {Environment.ProcessId}");
            return new RunLock(path, held);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Usage, $"cannot write the state folder \"{state}\": {failure.Message}", "name a writable one with --state", failure);
        }
    }

    static string HolderOf(string lockPath) => lockPath + ".holder";

    static string PathOf(string state, string scope, string name) =>
        Path.Join(state, "locks", $"{scope}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..32]}.lock");

    public void Dispose()
    {
        File.Delete(HolderOf(path));
        held.Dispose();
    }
}
