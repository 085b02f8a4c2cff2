using System.Security.Cryptography;
using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Encryption;

/// <summary>A folder that only this user may enter, in memory, for one run of gpg. Disposing removes it.</summary>
public sealed class GpgHome : IDisposable
{
    const string Prefix = "backup-runner-gpg-";
    const uint OnlyOwner = 0b111_000_000;

    GpgHome(string path) => Path = path;

    public string Path { get; }

    /// <summary>The folders that may be in memory, the most usual first.</summary>
    public static IEnumerable<string> Candidates =>
        new[] { "/dev/shm", Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"), "/run", System.IO.Path.GetTempPath() }
            .OfType<string>().Where(System.IO.Path.IsPathFullyQualified);

    /// <summary>Creates it in the first of <paramref name="folders"/> that is in memory and writable.</summary>
    /// <exception cref="RunnerException">Exit 2: there is none.</exception>
    public static GpgHome Create(IEnumerable<string> folders)
    {
        var name = $"{Prefix}{Environment.ProcessId}-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var refused = new List<string>();
        foreach (var folder in folders)
        {
            if (Refusal(folder, name) is not { } reason)
                return new GpgHome(System.IO.Path.Join(folder, name));
            refused.Add($"\"{folder}\" ({reason})");
        }
        throw new RunnerException(
            ExitCode.Usage, $"gpg needs a folder in memory, and none of these is: {string.Join(", ", refused)}", "mount an emptyDir with medium: Memory at /dev/shm");
    }

    public void Dispose()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }

    // Null when the folder was made there.
    static string? Refusal(string folder, string name)
    {
        using var opened = Descriptor.OpenDirectory(folder);
        if (opened is null)
            return LastError.Text(LastError.Number);
        if (new DriveInfo(folder).DriveFormat is not ("tmpfs" or "ramfs") and var format)
            return $"it is on {format}";
        return Libc.MakeDirectoryAt(opened, Libc.Terminated(name), OnlyOwner) == 0 ? null : LastError.Text(LastError.Number);
    }
}
