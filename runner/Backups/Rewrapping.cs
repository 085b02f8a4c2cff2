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
/// <param name="readRing">Reads the key ring as it is now: for each backup anew, because a wrap by a key that was current an hour ago may come after the audit that lets this key go.</param>
public sealed class Rewrapping(IObjectStore store, Func<KeyRing> readRing)
{
    const int MostReadings = 5;

    readonly List<string> left = [];
    readonly List<RunnerException> failures = [];
    KeyId? current;
    int done;
    bool isGivenUp;

    /// <summary>Null when no ring was read, because there was nothing to look at.</summary>
    public ReportedRewrap? Report => current is null ? null : new(current.Text, done, [.. left]);

    /// <summary>Why backups still need an old key.</summary>
    public IReadOnlyList<RunnerException> Failures => failures;

    /// <param name="backups">What needs nothing is left alone.</param>
    /// <exception cref="RunnerException">Exit 2 or 5: the ring cannot be read.</exception>
    public async Task Run(IEnumerable<BackupObjects> backups, CancellationToken cancel)
    {
        foreach (var backup in backups.Where(backup => backup.HasManifest))
        {
            using var ring = readRing();
            current = ring.Current.Id;
            if (OldWraps(backup, ring) is not { Count: > 0 } old)
                continue;
            if (isGivenUp || !await Attempt(backup, old, cancel))
                left.Add(backup.Keys.Id.Text);
            else
                done++;
        }
    }

    static IReadOnlyList<(KeyId Id, StoredObject Wrap)> OldWraps(BackupObjects backup, KeyRing ring) =>
        [.. backup.Wraps().Where(wrap => wrap.Id != ring.Current.Id && ring.Find(wrap.Id) is not null)];

    async Task<bool> Attempt(BackupObjects backup, IReadOnlyList<(KeyId Id, StoredObject Wrap)> old, CancellationToken cancel)
    {
        try
        {
            await Rewrap(backup, cancel);
            return true;
        }
        catch (RunnerException failure)
        {
            failures.Add(new RunnerException(
                failure.ExitCode, $"backup \"{backup.Keys.Id}\" still needs key {string.Join(", ", old.Select(wrap => wrap.Id))}: {failure.Message}", failure.Hint, failure));
            isGivenUp |= failure.ExitCode == ExitCode.Storage && !BackupCatalog.IsItsOwn(failure);
            return false;
        }
    }

    async Task Rewrap(BackupObjects backup, CancellationToken cancel)
    {
        for (var reading = 0; reading < MostReadings; reading++)
        {
            using var ring = readRing();
            using var dataKey = await WrapByCurrent(backup, ring, cancel);
            using var after = readRing();
            if (after.Current.Id != ring.Current.Id)
                continue;
            foreach (var (_, wrap) in OldWraps(backup, ring))
                await store.Delete(wrap.Key, cancel);
            // Another run, with a ring of another age, may have taken this wrap for the old one: who deletes last repairs.
            if (await store.Head(backup.Keys.Wrap(ring.Current.Id), cancel) is null)
                await Put(backup.Keys, ring, dataKey, cancel);
            return;
        }
        throw new RunnerException(ExitCode.Integrity, "the ring's current key changes faster than it can be used", "who writes the key Secret");
    }

    /// <summary>Afterwards the current key opens the backup, as was seen.</summary>
    /// <returns>The caller's.</returns>
    async Task<DataKey> WrapByCurrent(BackupObjects backup, KeyRing ring, CancellationToken cancel)
    {
        var reading = await new ManifestReader(store, ManifestTrust.Open with { Keys = ring }).Read(backup, cancel);
        if (reading.Key is not { } dataKey)
            throw reading.Problem ?? new RunnerException(ExitCode.Integrity, "its manifest says that it is not encrypted");
        try
        {
            if (backup.Find(backup.Keys.Wrap(ring.Current.Id)) is not { } stored || !await Opens(backup.Keys, stored, ring, dataKey, cancel))
                await Put(backup.Keys, ring, dataKey, cancel);
            return dataKey;
        }
        catch
        {
            dataKey.Dispose();
            throw;
        }
    }

    async Task Put(BackupKeys keys, KeyRing ring, DataKey dataKey, CancellationToken cancel)
    {
        var key = keys.Wrap(ring.Current.Id);
        StoredObject put;
        try
        {
            put = await store.Put(key, WrappedKeyFile.Write(WrappedKey.By(ring.Current, dataKey, keys.Id)), cancel);
        }
        catch (RunnerException)
        {
            // A store that takes no new object will not take the next one either.
            isGivenUp = true;
            throw;
        }
        if (!await Opens(keys, put, ring, dataKey, cancel))
            throw SmallObject.OtherBytes(store, key);
    }

    async Task<bool> Opens(BackupKeys keys, StoredObject wrap, KeyRing ring, DataKey dataKey, CancellationToken cancel)
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
