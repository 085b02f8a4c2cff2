using System.Security.Cryptography;
using BackupRunner.Encryption;
using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Policy;

namespace BackupRunner.Backups;

/// <summary>How the backups of a policy are encrypted.</summary>
/// <param name="ReadRing">Reads the key ring as it is now; the caller disposes of it.</param>
/// <param name="Recovery">Every data key is wrapped for it too.</param>
public sealed record BackupEncryption(EncryptionAlgorithm Algorithm, Func<KeyRing> ReadRing, RecoveryPublicKey? Recovery);

/// <summary>The data key of one backup, with what it encrypts and how it is itself kept. Disposing forgets the key.</summary>
public sealed class Envelope : IDisposable
{
    readonly BackupKeys keys;
    readonly BackupEncryption encryption;
    readonly DataKey dataKey = DataKey.Generate();
    readonly List<StoredFile> wraps = [];

    /// <summary>Makes a new data key, and wraps it by the ring's current key.</summary>
    /// <exception cref="RunnerException">Exit 2 or 5: the ring cannot be read, or holds no key.</exception>
    public Envelope(BackupEncryption encryption, BackupKeys keys)
    {
        (this.encryption, this.keys) = (encryption, keys);
        var iv = encryption.Algorithm == EncryptionAlgorithm.Aes256Cbc ? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(CbcCipher.IvBytes)) : null;
        Encryption = new ManifestEncryption(PolicyWords.Of(encryption.Algorithm), iv);
        Cipher = ArchiveCiphers.For(Encryption, dataKey, keys.Id)!;
        if (encryption.Recovery is { } recovery)
            wraps.Add(new StoredFile(keys.RecoveryWrap, WrappedKeyFile.Write(WrappedKey.For(recovery, dataKey, keys.Id))));
        WrapByCurrentKey();
    }

    public ManifestEncryption Encryption { get; }

    public IArchiveCipher Cipher { get; }

    /// <summary>The id of the ring's current key, when it was last read.</summary>
    public KeyId KeyId { get; private set; } = null!;

    /// <summary>What has to be stored for the data key to be found again.</summary>
    public IReadOnlyList<StoredFile> Wraps => wraps;

    /// <summary>Reads the ring once more: in a long run another key may have become the current one, and this one may be gone.</summary>
    /// <returns>Whether there is another wrap now.</returns>
    /// <exception cref="RunnerException">As the constructor.</exception>
    public bool WrapByCurrentKey()
    {
        using var ring = encryption.ReadRing();
        KeyId = ring.Current.Id;
        if (wraps.Exists(wrap => wrap.Key == keys.Wrap(KeyId)))
            return false;
        wraps.Add(new StoredFile(keys.Wrap(KeyId), WrappedKeyFile.Write(WrappedKey.By(ring.Current, dataKey, keys.Id))));
        return true;
    }

    /// <summary>Proves that the cipher works on this machine, by encrypting nothing.</summary>
    /// <exception cref="RunnerException">Exit 2 or 3: what it needs is not here.</exception>
    public async Task Prove(CancellationToken cancel)
    {
        await using var encrypting = await Cipher.Encrypt(Stream.Null, cancel);
        await encrypting.Complete(cancel);
    }

    /// <param name="manifest">The bytes of backup.json.</param>
    public StoredFile Mac(ReadOnlySpan<byte> manifest) => new(keys.Mac, ManifestMac.File(dataKey, manifest));

    public void Dispose() => dataKey.Dispose();
}

/// <summary>A small object, whole.</summary>
public sealed record StoredFile(string Key, ReadOnlyMemory<byte> Content);
