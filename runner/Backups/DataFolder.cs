using System.Diagnostics;
using System.Globalization;
using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Backups;

/// <summary>What must hold of the folder that is backed up, and how much it uses.</summary>
public static class DataFolder
{
    /// <exception cref="RunnerException">Exit 6: missing, no folder, or not readable; exit 2: the store or the keys are inside.</exception>
    public static void Require(string data, string? storePath, string? keysPath)
    {
        if (!Directory.Exists(data))
        {
            throw new RunnerException(
                ExitCode.Volume, File.Exists(data) ? $"\"{data}\" is a file, not a folder" : $"\"{data}\" does not exist", "--data names the folder that holds the data");
        }
        try
        {
            using var entries = Directory.EnumerateFileSystemEntries(data).GetEnumerator();
            entries.MoveNext();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(
                ExitCode.Volume, $"cannot read \"{data}\": {(failure is UnauthorizedAccessException ? "permission denied" : failure.Message)}",
                SecurityLevel.Hinted("run as the user that owns the data; in a cluster, set runAsUser"), failure);
        }
        if (storePath is not null && IsInside(storePath, data))
        {
            throw new RunnerException(
                ExitCode.Usage, $"the store \"{storePath}\" is inside the data \"{data}\": every backup would hold all earlier ones",
                "name a --store elsewhere, best on another disk");
        }
        if (keysPath is not null && IsInside(keysPath, data))
        {
            throw new RunnerException(
                ExitCode.Usage, $"the key ring \"{keysPath}\" is inside the data \"{data}\": it would be in every backup that it opens, and a restore would replace it",
                "keep the ring elsewhere");
        }
    }

    /// <summary>Bytes on the disk, by du of coreutils: its walk knows hard links, holes and every name.</summary>
    /// <returns>Null when part of the data could not be looked at, or went away meanwhile.</returns>
    public static async Task<long?> UsedBytes(string data, bool apparent, CancellationToken cancel)
    {
        string[] arguments = apparent ? ["-s", "--bytes", "--", data] : ["-s", "--block-size=1", "--", data];
        using var du = Process.Start(new ProcessStartInfo("du", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var complaints = du.StandardError.ReadToEndAsync(cancel);
            var line = await du.StandardOutput.ReadToEndAsync(cancel);
            await complaints;
            await du.WaitForExitAsync(cancel);
            return du.ExitCode == 0 && long.TryParse(line.Split('\t')[0], CultureInfo.InvariantCulture, out var bytes) ? bytes : null;
        }
        finally
        {
            if (!du.HasExited)
                du.Kill();
        }
    }

    /// <summary>Bytes in use on the file system of the data: no archive of it has many more. Null where the file system does not tell.</summary>
    public static long? VolumeBytes(string data)
    {
        try
        {
            var volume = new DriveInfo(data);
            var used = volume.TotalSize - volume.TotalFreeSpace;
            return used > 0 ? used : null;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Both as <see cref="RealPath"/> gives them, or would.</summary>
    public static bool IsInside(string path, string folder) =>
        path == folder || path.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal);
}
