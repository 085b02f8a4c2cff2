using System.Runtime.CompilerServices;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Storage;

namespace BackupRunner.Backups;

/// <summary>What the store holds under one backup id.</summary>
/// <param name="Manifest">Null when there is none, or none that can be read.</param>
/// <param name="Problem">Why this is no backup that can be restored; null for a complete one.</param>
/// <param name="Modified">Of the newest object, by the store's clock.</param>
public sealed record CatalogEntry(
    BackupKeys Keys, BackupStatus Status, Manifest? Manifest, RunnerException? Problem, IReadOnlyList<StoredObject> Objects, DateTimeOffset Modified)
{
    public bool Complete => Status == BackupStatus.Complete;

    public bool HasManifest => Status != BackupStatus.Unfinished;

    /// <summary>As the store lists it.</summary>
    public BackupObjects Listed => new(Keys, Objects);

    /// <summary>The archive's size as the store lists it; 0 when it is not there.</summary>
    public long StoredBytes => Objects.FirstOrDefault(stored => stored.Key.StartsWith(Keys.Archive(null), StringComparison.Ordinal)
        && !stored.Key.EndsWith(BackupKeys.ChecksumSuffix, StringComparison.Ordinal))?.Bytes ?? 0;
}

/// <summary>The backups of a store, read from its listing and its manifests: nothing else says what exists.</summary>
public sealed class BackupCatalog(IObjectStore store, string prefix, ManifestTrust trust)
{
    const int ManifestsAtOnce = 8;

    readonly ManifestReader reader = new(store, trust);

    public ManifestTrust Trust => trust;

    public IAsyncEnumerable<CatalogEntry> OfSeries(SeriesId series, CancellationToken cancel) => Read(Objects(series, cancel), cancel);

    public IAsyncEnumerable<CatalogEntry> All(CancellationToken cancel) => Read(AllObjects(cancel), cancel);

    /// <summary>What lies under each id of a series: nothing but the listing is read.</summary>
    public IAsyncEnumerable<BackupObjects> Objects(SeriesId series, CancellationToken cancel) => Groups(BackupKeys.SeriesFolder(prefix, series), cancel);

    /// <summary>What has no manifest, below a cluster's own folder: nothing but the listing is read.</summary>
    public IAsyncEnumerable<CatalogEntry> Unfinished(string cluster, CancellationToken cancel) => Groups(BackupKeys.ClusterFolder(prefix, cluster), cancel)
        .Where(group => !group.HasManifest)
        .Select(Unfinished);

    /// <summary>Whatever lies under each id of the whole store.</summary>
    public IAsyncEnumerable<BackupObjects> AllObjects(CancellationToken cancel) => Groups(BackupKeys.Root(prefix), cancel);

    /// <summary>In the order that they come in. A few manifests are read at a time, ahead of whoever enumerates.</summary>
    public async IAsyncEnumerable<CatalogEntry> Read(IAsyncEnumerable<BackupObjects> backups, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reading = new Queue<Task<CatalogEntry>>();
        try
        {
            await foreach (var group in backups.WithCancellation(cancel))
            {
                reading.Enqueue(Entry(group, stop.Token));
                if (reading.Count == ManifestsAtOnce)
                    yield return await reading.Dequeue();
            }
            while (reading.Count > 0)
                yield return await reading.Dequeue();
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(reading.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Whatever lies under one id; one backup's objects are in memory at a time.</summary>
    async IAsyncEnumerable<BackupObjects> Groups(string folder, [EnumeratorCancellation] CancellationToken cancel)
    {
        BackupKeys? current = null;
        List<StoredObject> objects = [];
        await foreach (var stored in store.List(folder, cancel))
        {
            if (BackupKeys.Parse(prefix, stored.Key) is not { } parsed)
                continue;
            if (current is not null && parsed.Keys != current)
            {
                yield return new BackupObjects(current, objects);
                objects = [];
            }
            current = parsed.Keys;
            objects.Add(stored);
        }
        if (current is not null)
            yield return new BackupObjects(current, objects);
    }

    async Task<CatalogEntry> Entry(BackupObjects group, CancellationToken cancel)
    {
        if (!group.HasManifest)
            return Unfinished(group);
        try
        {
            using var reading = await reader.Read(group, cancel);
            // Names of files that changed while they were read are for people; of a thousand backups they would fill the memory.
            var manifest = reading.Manifest?.WithoutNames();
            if (manifest is not null && ManifestCheck.Problem(group.Keys, manifest, group.Objects) is { } problem)
                return As(group, BackupStatus.Damaged, manifest, problem);
            return As(group, reading.Status, manifest, reading.Problem);
        }
        catch (RunnerException unreadable) when (IsItsOwn(unreadable))
        {
            return As(group, unreadable.ExitCode == ExitCode.Storage ? BackupStatus.Unreadable : BackupStatus.Damaged, null, unreadable);
        }
    }

    /// <summary>
    /// A manifest that is damaged, gone meanwhile, or kept where it cannot be read is one backup's problem. A store that was given up is
    /// everybody's: nothing may be concluded from what it did not say.
    /// </summary>
    public static bool IsItsOwn(RunnerException unreadable) =>
        unreadable.ExitCode == ExitCode.Integrity || (unreadable is { ExitCode: ExitCode.Storage, Retry: null } && unreadable.InnerException is not RunnerException);

    static CatalogEntry As(BackupObjects group, BackupStatus status, Manifest? manifest, RunnerException? problem) => new(
        group.Keys, status, manifest, problem, group.Objects, group.Objects.Max(stored => stored.Modified));

    static CatalogEntry Unfinished(BackupObjects group) => As(
        group, BackupStatus.Unfinished, null,
        new RunnerException(ExitCode.Usage, $"backup \"{group.Keys.Id}\" has no manifest: it was never completed", "choose another one; \"list\" shows them"));
}
