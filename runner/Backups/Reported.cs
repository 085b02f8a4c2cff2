using BackupRunner.Keys;
using BackupRunner.Reports;

namespace BackupRunner.Backups;

/// <summary>A backup, as the run report tells it.</summary>
public static class Reported
{
    public static ReportedBackup Of(Manifest manifest, string result = "done", string? problem = null, KeyId? key = null) => new(
        manifest.Id, result, manifest.Archive.Files, manifest.Archive.Bytes, manifest.Stored.Bytes, manifest.Stored.Sha256, problem, key?.Text);
}
