using BackupRunner.Encryption;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Storage;

namespace BackupRunner.Backups;

/// <summary>A manifest that may be believed, or why not.</summary>
/// <param name="Key">Of an encrypted backup whose manifest was authenticated; disposed with this.</param>
/// <param name="Problem">Null when <see cref="Status"/> is complete.</param>
public sealed record ManifestReading(BackupStatus Status, Manifest? Manifest, DataKey? Key, RunnerException? Problem) : IDisposable
{
    public void Dispose() => Key?.Dispose();
}

/// <summary>Reads manifests. Where they are encrypted nothing but format, id and algorithm is looked at before the MAC has matched.</summary>
public sealed class ManifestReader(IObjectStore store, ManifestTrust trust)
{
    /// <param name="backup">With a manifest.</param>
    /// <exception cref="RunnerException">Exit 5: altered or damaged; 4: it cannot be read.</exception>
    public async Task<ManifestReading> Read(BackupObjects backup, CancellationToken cancel)
    {
        var keys = backup.Keys;
        var bytes = await SmallObject.Read(store, backup.Find(keys.Manifest)!, ManifestFile.MaxBytes, cancel);
        var header = ManifestFile.ReadHeader(bytes, keys.Manifest);
        if (header.Encryption.Algorithm == ManifestEncryption.None)
            return ReadPlain(backup, bytes);
        if (trust.Keys is null)
            return new ManifestReading(BackupStatus.Complete, ManifestFile.Read(bytes, keys.Manifest), null, null);
        var wraps = backup.Objects.Where(stored => trust.Keys.Fits(backup.NameOf(stored))).ToList();
        if (wraps.Count == 0)
            return new ManifestReading(BackupStatus.Locked, null, null, trust.Keys.Missing(keys, [.. backup.Wraps().Select(wrap => wrap.Id)]));
        var key = await Authenticate(backup, bytes, wraps, cancel);
        try
        {
            return new ManifestReading(BackupStatus.Complete, ManifestFile.Read(bytes, keys.Manifest), key, null);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    ManifestReading ReadPlain(BackupObjects backup, byte[] bytes)
    {
        var keys = backup.Keys;
        if (backup.IsEncrypted)
        {
            throw new RunnerException(
                ExitCode.Integrity, $"\"{keys.Manifest}\" was altered: it says that nothing is encrypted, and wrapped keys or a MAC lie beside it", "restore another backup; \"list\" shows them");
        }
        var manifest = ManifestFile.Read(bytes, keys.Manifest);
        return !trust.RequiresEncryption || trust.AllowPlain.Contains(keys.Id)
            ? new ManifestReading(BackupStatus.Complete, manifest, null, null)
            : new ManifestReading(BackupStatus.Plain, manifest, null, trust.RefusalOfPlain(keys.Id));
    }

    /// <summary>By the first key that fits: a wrap that was altered does not make the others useless.</summary>
    async Task<DataKey> Authenticate(BackupObjects backup, byte[] manifest, IReadOnlyList<StoredObject> wraps, CancellationToken cancel)
    {
        var keys = backup.Keys;
        if (backup.Find(keys.Mac) is not { } macObject)
            throw Refused($"backup \"{keys.Id}\" has no \"{BackupKeys.MacName}\": nothing proves its manifest");
        var mac = await SmallObject.Read(store, macObject, ManifestMac.MaxFileBytes, cancel);
        var failures = new List<RunnerException>();
        foreach (var wrap in wraps)
        {
            try
            {
                var wrapped = WrappedKeyFile.Read(await SmallObject.Read(store, wrap, WrappedKeyFile.MaxBytes, cancel), keys, backup.NameOf(wrap));
                var key = trust.Keys!.Unwrap(wrapped) ?? throw trust.Keys.Refused(keys, wrapped);
                if (ManifestMac.Matches(key, manifest, mac))
                    return key;
                key.Dispose();
                failures.Add(Refused($"\"{keys.Manifest}\" or its MAC was altered: \"{BackupKeys.MacName}\" does not match"));
            }
            catch (RunnerException altered) when (altered.ExitCode == ExitCode.Integrity)
            {
                failures.Add(altered);
            }
        }
        throw failures[0];
    }

    static RunnerException Refused(string message) => new(ExitCode.Integrity, message, "restore another backup; \"list\" shows them");
}
