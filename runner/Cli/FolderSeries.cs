using System.Security.Cryptography;
using System.Text;
using BackupRunner.Names;
using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Cli;

/// <summary>The series of a folder that no workload was named for: its own name, told apart from all others by host and real path.</summary>
public static class FolderSeries
{
    public const string Kind = "folder";
    public const string Local = "local";
    public const string Claim = "data";

    const int MaxName = 48;

    public static SeriesId Of(string realPath, string host, string cluster)
    {
        var name = Path.GetFileName(realPath) is { Length: > 0 } last ? last : "root";
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{host}\0{realPath}"));
        return new SeriesId(cluster, Local, Kind, $"{name[..Math.Min(name.Length, MaxName)]}-{Convert.ToHexStringLower(hash)[..8]}", Claim);
    }

    /// <summary>The real path of a folder, or where it would be: a folder that was lost is restored under the name it had.</summary>
    public static string RealPathOf(string folder)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        try
        {
            if (RealPath.Of(path) is { } real)
                return real;
        }
        catch (IOException failure)
        {
            throw new RunnerException(ExitCode.Usage, failure.Message, "is the path right", failure);
        }
        return Path.GetDirectoryName(path) is { } parent ? Path.Join(RealPathOf(parent), Path.GetFileName(path)) : path;
    }
}
