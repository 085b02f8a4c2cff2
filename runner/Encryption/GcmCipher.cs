using BackupRunner.Names;

namespace BackupRunner.Encryption;

/// <summary>
/// Tink's AES256_GCM_HKDF_1MB streaming AEAD, bound to the backup's id: nothing altered, cut, moved, or taken from another backup decrypts. Takes 2 MiB of
/// memory a stream.
/// </summary>
/// <param name="key">The caller's; needed until the first bytes of a stream are read.</param>
public sealed class GcmCipher(DataKey key, BackupId id) : IArchiveCipher
{
    public bool ProvesEveryByte => true;

    public Task<EncryptingStream> Encrypt(Stream inner, CancellationToken cancel)
    {
        var header = GcmSegments.NewHeader();
        return Task.FromResult<EncryptingStream>(new GcmEncryptingStream(inner, new GcmSegments(key, id, header), header));
    }

    public Task<Stream> Decrypt(Stream stored, CancellationToken cancel) => Task.FromResult<Stream>(new GcmDecryptingStream(stored, key, id));
}
