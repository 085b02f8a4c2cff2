using BackupRunner.Encryption;
using BackupRunner.Names;
using BackupRunner.Policy;

namespace BackupRunner.Backups;

/// <summary>The one place where the word of a manifest becomes a cipher.</summary>
public static class ArchiveCiphers
{
    /// <returns>Null when nothing is encrypted.</returns>
    /// <exception cref="RunnerException">Exit 5: what the algorithm needs is not there.</exception>
    public static IArchiveCipher? For(ManifestEncryption encryption, DataKey key, BackupId id) => encryption.Encrypts() switch
    {
        null => null,
        EncryptionAlgorithm.Aes256Gcm => new GcmCipher(key, id),
        EncryptionAlgorithm.Aes256Cbc => new CbcCipher(key, Iv(encryption, id)),
        EncryptionAlgorithm.Gpg => new GpgCipher(key),
        var unknown => throw new ArgumentOutOfRangeException(nameof(encryption), unknown, null),
    };

    static byte[] Iv(ManifestEncryption encryption, BackupId id)
    {
        if (encryption.Iv is { Length: 2 * CbcCipher.IvBytes } iv && iv.All(char.IsAsciiHexDigitLower))
            return Convert.FromHexString(iv);
        throw new RunnerException(Reports.ExitCode.Integrity, $"the manifest of backup \"{id}\" has no IV of {CbcCipher.IvBytes} bytes", "restore another backup; \"list\" shows them");
    }
}
