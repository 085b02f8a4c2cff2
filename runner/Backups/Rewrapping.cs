using BackupRunner.Encryption;
using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Storage;

namespace BackupRunner.Backups;

/// <summary>
/// Wraps the data keys of older backups by the ring's current key, so that old keys are needed no more. The new wrap is stored, read back and
/// unwrapped before the old one is removed, so that at every moment, and after a kill at any moment, a key of the ring opens the backup. Manifests
/// are never written.
/// </summary>
public sealed class Rewrapping(IObjectStore store, KeyRing ring)
{
    readonly ManifestReader reader = new(store, ManifestTrust.Open with { Keys = ring });
    readonly List<string> left = [];
    readonly List<RunnerException> failures = [];
    int done;
    bool isGivenUp;

    public ReportedRewrap Report => new(ring.Current.Id.Text, done, [.. left]);

    /// <summary>Why backups still need an old key.</summary>
    public IReadOnlyList<RunnerException> Failures => failures;

    /// <param name="entries">As the catalog lists them; what needs nothing is left alone.</param>
    public async Task Run(IEnumerable<CatalogEntry> entries, CancellationToken cancel)
    {
        foreach (var entry in entries.Where(entry => entry.HasManifest))
        {
            if (OldWraps(entry) is not { Count: > 0 } old)
                continue;
            if (isGivenUp || !await Attempt(entry, old, cancel))
                left.Add(entry.Keys.Id.Text);
            else
                done++;
        }
    }

    async Task<bool> Attempt(CatalogEntry entry, IReadOnlyList<StoredObject> old, CancellationToken cancel)
    {
        try
        {
            await Rewrap(entry, old, cancel);
            return true;
        }
        catch (RunnerException failure)
        {
            failures.Add(new RunnerException(
                failure.ExitCode, $"backup \"{entry.Keys.Id}\" still needs key {string.Join(", ", old.Select(wrap => IdOf(entry, wrap)))}: {failure.Message}", failure.Hint, failure));
            // A store that takes no change, or is gone, will not take the next one either.
            isGivenUp = failure.ExitCode == ExitCode.Storage;
            return false;
        }
    }

    IReadOnlyList<StoredObject> OldWraps(CatalogEntry entry) =>
        [.. entry.Objects.Where(stored => IdOf(entry, stored) is { } id && id != ring.Current.Id && ring.Find(id) is not null)];

    static KeyId? IdOf(CatalogEntry entry, StoredObject stored) => BackupKeys.WrapId(stored.Key[entry.Keys.Folder.Length..]);

    async Task Rewrap(CatalogEntry entry, IReadOnlyList<StoredObject> old, CancellationToken cancel)
    {
        using var reading = await reader.Read(entry.Keys, entry.Objects, cancel);
        if (reading.Key is not { } dataKey)
            throw reading.Problem ?? new RunnerException(ExitCode.Integrity, "its manifest says that it is not encrypted");
        var key = entry.Keys.Wrap(ring.Current.Id);
        if (entry.Objects.FirstOrDefault(stored => stored.Key == key) is not { } current || !await Opens(entry.Keys, current, dataKey, cancel))
        {
            var put = await store.Put(key, WrappedKeyFile.Write(WrappedKey.By(ring.Current, dataKey, entry.Keys.Id)), cancel);
            if (!await Opens(entry.Keys, put, dataKey, cancel))
                throw new RunnerException(ExitCode.Storage, $"\"{key}\" in {store.Address} reads back other bytes than were written", "another program writes to this store, or it is damaged");
        }
        foreach (var wrap in old)
            await store.Delete(wrap.Key, cancel);
    }

    async Task<bool> Opens(BackupKeys keys, StoredObject wrap, DataKey dataKey, CancellationToken cancel)
    {
        try
        {
            using var unwrapped = ring.Unwrap(WrappedKeyFile.Read(await SmallObject.Read(store, wrap, WrappedKeyFile.MaxBytes, cancel), keys, wrap.Key[keys.Folder.Length..]));
            return unwrapped?.IsSameAs(dataKey) == true;
        }
        catch (RunnerException altered) when (altered.ExitCode == ExitCode.Integrity)
        {
            return false;
        }
    }
}
