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
    BackupKeys Keys, Manifest? Manifest, RunnerException? Problem, bool HasManifest, IReadOnlyList<StoredObject> Objects, DateTimeOffset Modified)
{
    public bool Complete => Manifest is not null && Problem is null;

    /// <summary>The archive's size as the store lists it; 0 when it is not there.</summary>
    public long StoredBytes => Objects.FirstOrDefault(stored => stored.Key.StartsWith(Keys.Archive, StringComparison.Ordinal)
        && !stored.Key.EndsWith(BackupKeys.ChecksumSuffix, StringComparison.Ordinal))?.Bytes ?? 0;
}

/// <summary>The backups of a store, read from its listing and its manifests: nothing else says what exists.</summary>
public sealed class BackupCatalog(IObjectStore store, string prefix)
{
    public IAsyncEnumerable<CatalogEntry> OfSeries(SeriesId series, CancellationToken cancel) => Below(BackupKeys.SeriesFolder(prefix, series), cancel);

    public IAsyncEnumerable<CatalogEntry> OfCluster(string cluster, CancellationToken cancel) => Below(BackupKeys.ClusterFolder(prefix, cluster), cancel);

    public IAsyncEnumerable<CatalogEntry> All(CancellationToken cancel) => Below(prefix.Length == 0 ? "" : prefix.TrimEnd('/') + "/", cancel);

    /// <summary>Whatever lies under one id, by the order of series and id; one backup's objects are in memory at a time.</summary>
    async IAsyncEnumerable<CatalogEntry> Below(string folder, [EnumeratorCancellation] CancellationToken cancel)
    {
        BackupKeys? current = null;
        var objects = new List<StoredObject>();
        await foreach (var stored in store.List(folder, cancel))
        {
            if (BackupKeys.Parse(prefix, stored.Key) is not { } parsed)
                continue;
            if (current is not null && parsed.Keys != current)
            {
                yield return await Entry(current, objects, cancel);
                objects = [];
            }
            current = parsed.Keys;
            objects.Add(stored);
        }
        if (current is not null)
            yield return await Entry(current, objects, cancel);
    }

    async Task<CatalogEntry> Entry(BackupKeys keys, List<StoredObject> objects, CancellationToken cancel)
    {
        var modified = objects.Max(stored => stored.Modified);
        if (objects.Find(stored => stored.Key == keys.Manifest) is not { } file)
        {
            var none = new RunnerException(ExitCode.Usage, $"backup \"{keys.Id}\" has no manifest: it was never completed", "choose another one; \"list\" shows them");
            return new CatalogEntry(keys, null, none, HasManifest: false, objects, modified);
        }
        try
        {
            // Names of files that changed while they were read are for people; of a thousand backups they would fill the memory.
            var manifest = (await ReadManifest(file, cancel)).WithoutNames();
            return new CatalogEntry(keys, manifest, ManifestCheck.Problem(keys, manifest, objects), HasManifest: true, objects, modified);
        }
        catch (RunnerException unreadable) when (unreadable.ExitCode == ExitCode.Integrity)
        {
            return new CatalogEntry(keys, null, unreadable, HasManifest: true, objects, modified);
        }
    }

    async Task<Manifest> ReadManifest(StoredObject file, CancellationToken cancel)
    {
        if (file.Bytes > ManifestFile.MaxBytes)
            throw new RunnerException(ExitCode.Integrity, $"\"{file.Key}\" is too large for a manifest: {file.Bytes} bytes");
        await using var stream = await store.OpenRead(file, 0, cancel);
        var bytes = new byte[file.Bytes];
        var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel);
        return ManifestFile.Read(bytes.AsSpan(0, read), file.Key);
    }
}
