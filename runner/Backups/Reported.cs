using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Backups;

/// <summary>A backup, as the run report tells it.</summary>
public static class Reported
{
    public static ReportedBackup Of(Manifest manifest, string result = "done", string? problem = null, KeyId? key = null) => new(
        manifest.Id, result, manifest.Archive.Files, manifest.Archive.Bytes, manifest.Stored.Bytes, manifest.Stored.Sha256, problem, key?.Text);

    /// <summary>The complete backups among those of one series, newest first by start.</summary>
    /// <param name="gone">Those that have been removed since they were listed.</param>
    public static ReportedCatalog Catalog(IEnumerable<CatalogEntry> series, IReadOnlySet<BackupId> gone)
    {
        var there = series.Where(entry => entry.HasManifest && !gone.Contains(entry.Keys.Id)).ToList();
        List<CatalogEntry> left =
        [
            .. there.Where(entry => entry.Complete)
                .OrderByDescending(entry => entry.Manifest!.Start)
                .ThenByDescending(entry => entry.Keys.Id.Text, StringComparer.Ordinal),
        ];
        var others = there.Where(entry => !entry.Complete).Select(entry => entry.Keys.Id.Text).Order(StringComparer.Ordinal).ToList();
        // Without hashes: a hundred of them would fill a quarter of what a Lease may carry.
        return new ReportedCatalog(left.Count, [.. left.Take(ReportedCatalog.MostListed).Select(entry => Of(entry.Manifest!) with { Sha256 = null })])
        {
            Others = others.Count <= ReportedCatalog.MostListed ? others : null,
            Oldest = there.Select(entry => entry.Keys.Id.Text).Min(StringComparer.Ordinal),
        };
    }
}
