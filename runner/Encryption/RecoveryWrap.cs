using BackupRunner.Keys;
using BackupRunner.Policy;

namespace BackupRunner.Encryption;

/// <summary>RSA-OAEP with SHA-256 (RFC 8017, also for MGF1, no label) of a data key.</summary>
public static class RecoveryWrap
{
    /// <returns>As many bytes as the key has.</returns>
    public static byte[] Wrap(RecoveryPublicKey by, DataKey key) => by.Encrypt(key.Material);

    /// <returns>Null when <paramref name="wrapped"/> is no data key that was wrapped for this key, or was altered.</returns>
    public static DataKey? Unwrap(RecoveryPrivateKey by, ReadOnlySpan<byte> wrapped)
    {
        using var decrypted = by.Decrypt(wrapped, out var length);
        return length == DataKey.Bytes ? new DataKey(SecretBytes.CopyOf(decrypted.Span[..length])) : null;
    }
}
