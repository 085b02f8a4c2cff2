using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Storage;

namespace BackupRunner.Backups;

/// <summary>Removes what retention lets go and what killed runs left behind. What cannot be removed is reported and the rest goes on.</summary>
public sealed class Pruning(IObjectStore store, bool dryRun)
{
    readonly List<ReportedDeletion> deleted = [];
    readonly List<string> warnings = [];
    readonly HashSet<BackupId> gone = [];

    public IReadOnlyList<ReportedDeletion> Deleted => deleted;

    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>What was a backup, and lost its manifest here: also when the rest of it could not be removed.</summary>
    public IReadOnlySet<BackupId> Gone => gone;

    /// <param name="series">Everything under one series, as the catalog lists it: complete, damaged and orphaned.</param>
    public async Task Expire(IReadOnlyCollection<CatalogEntry> series, int keepCount, TimeSpan remoteRetention, DateTimeOffset now, CancellationToken cancel)
    {
        var complete = series.Where(entry => entry.Complete).ToDictionary(entry => entry.Keys.Id);
        foreach (var entry in series.Where(entry => entry is { HasManifest: true, Complete: false }))
            warnings.Add($"backup \"{entry.Keys.Id}\" is {entry.Status.ToString().ToLowerInvariant()}, does not count and is kept: {entry.Problem!.Message}");
        foreach (var entry in complete.Values.Where(entry => entry.Manifest!.Start > now))
            warnings.Add($"backup \"{entry.Keys.Id}\" started in the future, {entry.Manifest!.Start:O}: it counts as made now; is a clock wrong");
        var kept = complete.Values.Select(entry => new KeptBackup(entry.Keys.Id, entry.Manifest!.Start));
        foreach (var expired in Retention.Expired(kept, keepCount, remoteRetention, now))
            await Remove(complete[expired.Backup.Id], expired.Reason, cancel);
    }

    /// <summary>Uploads without a manifest, and parts of uploads, that nothing has touched for <see cref="AbandonedUploads.Age"/>.</summary>
    /// <param name="entries">What the catalog lists below <paramref name="folder"/>.</param>
    /// <param name="storeNow">By the store's clock, as the objects' times are.</param>
    /// <param name="isLive">Whether a run holds the series.</param>
    public async Task Sweep(
        IEnumerable<CatalogEntry> entries, string folder, string prefix, DateTimeOffset storeNow, Func<SeriesId, bool> isLive, CancellationToken cancel)
    {
        foreach (var orphan in entries.Where(entry => !entry.HasManifest && storeNow - entry.Modified > AbandonedUploads.Age && !isLive(entry.Keys.Series)))
            await RemoveOrphan(orphan, cancel);
        await foreach (var probe in StoreProbe.Left(store, folder, cancel))
        {
            if (storeNow - probe.Modified > AbandonedUploads.Age)
                await Attempt(probe.Key, "an object that a check left behind", () => store.Delete(probe.Key, cancel));
        }
        try
        {
            await foreach (var (upload, series) in AbandonedUploads.Of(store, folder, prefix, storeNow, cancel))
            {
                if (series is null || !isLive(series))
                    await Attempt(upload.Key, "an unfinished upload, untouched for a day", () => store.AbortUpload(upload, cancel));
            }
        }
        catch (RunnerException failure)
        {
            warnings.Add($"unfinished uploads were not looked for: {failure.Message}");
        }
    }

    Task Remove(CatalogEntry entry, string reason, CancellationToken cancel) => Attempt(entry.Keys.Id.Text, reason, () => DeleteAll(entry, cancel));

    /// <summary>A listing may come apart, or be behind: what is deleted here would be the data of a good backup.</summary>
    Task RemoveOrphan(CatalogEntry orphan, CancellationToken cancel) => Attempt(orphan.Keys.Id.Text, "an upload without a manifest, untouched for a day", async () =>
    {
        if (await store.Head(orphan.Keys.Manifest, cancel) is not null)
            throw new RunnerException(ExitCode.Storage, "its manifest is there, though the store does not list it", "does the store list in the order of keys, and what was just written");
        await DeleteAll(orphan, cancel);
    });

    /// <summary>The manifest first: from then on this is no backup, whatever else can be removed.</summary>
    async Task DeleteAll(CatalogEntry entry, CancellationToken cancel)
    {
        foreach (var stored in entry.Objects.OrderByDescending(stored => stored.Key == entry.Keys.Manifest))
        {
            await store.Delete(stored.Key, cancel);
            if (stored.Key == entry.Keys.Manifest)
                gone.Add(entry.Keys.Id);
        }
    }

    async Task Attempt(string what, string reason, Func<Task> remove)
    {
        string? problem = null;
        try
        {
            if (!dryRun)
                await remove();
        }
        catch (RunnerException failure)
        {
            problem = failure.Message;
            warnings.Add($"could not remove \"{what}\": {failure.Message}");
        }
        deleted.Add(new ReportedDeletion(what, reason, problem));
    }
}
