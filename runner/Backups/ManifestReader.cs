using BackupRunner.Encryption;
using BackupRunner.Keys;
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
    /// <param name="objects">All of the backup, the manifest among them.</param>
    /// <exception cref="RunnerException">Exit 5: altered or damaged; 4: it cannot be read.</exception>
    public async Task<ManifestReading> Read(BackupKeys keys, IReadOnlyList<StoredObject> objects, CancellationToken cancel)
    {
        var bytes = await SmallObject.Read(store, objects.First(stored => stored.Key == keys.Manifest), ManifestFile.MaxBytes, cancel);
        var header = ManifestFile.ReadHeader(bytes, keys.Manifest);
        if (header.Encryption.Algorithm == ManifestEncryption.None)
            return ReadPlain(keys, bytes, objects);
        if (trust.Keys is null)
            return new ManifestReading(BackupStatus.Complete, ManifestFile.Read(bytes, keys.Manifest), null, null);
        var wraps = objects.Where(stored => trust.Keys.Fits(stored.Key[keys.Folder.Length..])).ToList();
        if (wraps.Count == 0)
            return new ManifestReading(BackupStatus.Locked, null, null, trust.Keys.Missing(keys, WrapIds(keys, objects)));
        var key = await Authenticate(keys, bytes, wraps, objects, cancel);
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

    /// <summary>By which keys of rings the data key is wrapped, as the listing tells it.</summary>
    public static IReadOnlyList<KeyId> WrapIds(BackupKeys keys, IEnumerable<StoredObject> objects) =>
        [.. objects.Select(stored => BackupKeys.WrapId(stored.Key[keys.Folder.Length..])).OfType<KeyId>()];

    ManifestReading ReadPlain(BackupKeys keys, byte[] bytes, IReadOnlyList<StoredObject> objects)
    {
        if (objects.FirstOrDefault(stored => IsOfEncryption(stored.Key[keys.Folder.Length..])) is { } left)
        {
            throw new RunnerException(
                ExitCode.Integrity, $"\"{keys.Manifest}\" was altered: it says that nothing is encrypted, and \"{left.Key}\" lies beside it", "restore another backup; \"list\" shows them");
        }
        var manifest = ManifestFile.Read(bytes, keys.Manifest);
        return !trust.RequiresEncryption || trust.AllowPlain.Contains(keys.Id)
            ? new ManifestReading(BackupStatus.Complete, manifest, null, null)
            : new ManifestReading(BackupStatus.Plain, manifest, null, new RunnerException(
                ExitCode.Integrity, $"backup \"{keys.Id}\" is not encrypted, and the policy encrypts: nothing proves who stored it",
                $"if it is from before encryption was switched on, take it with --allow-plain {keys.Id}"));
    }

    static bool IsOfEncryption(string file) => file == BackupKeys.MacName || file.StartsWith(BackupKeys.WrapFolder, StringComparison.Ordinal);

    /// <summary>By the first key that fits: a wrap that was altered does not make the others useless.</summary>
    async Task<DataKey> Authenticate(
        BackupKeys keys, byte[] manifest, IReadOnlyList<StoredObject> wraps, IReadOnlyList<StoredObject> objects, CancellationToken cancel)
    {
        if (objects.FirstOrDefault(stored => stored.Key == keys.Mac) is not { } macObject)
            throw Refused($"backup \"{keys.Id}\" has no \"{BackupKeys.MacName}\": nothing proves its manifest");
        var mac = await SmallObject.Read(store, macObject, ManifestMac.MaxFileBytes, cancel);
        var failures = new List<RunnerException>();
        foreach (var wrap in wraps)
        {
            try
            {
                var wrapped = WrappedKeyFile.Read(await SmallObject.Read(store, wrap, WrappedKeyFile.MaxBytes, cancel), keys, wrap.Key[keys.Folder.Length..]);
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
