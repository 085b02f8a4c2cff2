using System.Security.Cryptography;

namespace BackupRunner.Encryption;

/// <summary>
/// AES-256-CBC with PKCS#7 padding: the stored bytes are what <c>openssl enc -d -aes-256-cbc -K .. -iv ..</c> reads. It proves nothing by itself: the
/// object must have been verified against an authenticated manifest first. Takes 2 MiB of memory a stream.
/// </summary>
/// <param name="key">The caller's; needed while streams are made.</param>
/// <param name="iv">16 random bytes, of this backup alone.</param>
public sealed class CbcCipher(DataKey key, byte[] iv) : IArchiveCipher
{
    public const int IvBytes = 16;

    /// <summary>What is encrypted at a time; nothing of it shows in what is stored.</summary>
    internal const int ChunkBytes = 1 << 20;

    const string KeyInfo = "backup-runner cbc v1";

    public bool ProvesEveryByte => false;

    public Task<EncryptingStream> Encrypt(Stream inner, CancellationToken cancel) => Task.FromResult<EncryptingStream>(new CbcEncryptingStream(inner, Cipher(), Iv()));

    public Task<Stream> Decrypt(Stream stored, CancellationToken cancel) => Task.FromResult<Stream>(new CbcDecryptingStream(stored, Cipher(), Iv()));

    Aes Cipher()
    {
        using var derived = key.Derive(KeyInfo);
        var cipher = Aes.Create();
        cipher.SetKey(derived.Span);
        return cipher;
    }

    /// <summary>A copy, because a stream goes on with the end of each chunk in its place.</summary>
    byte[] Iv() => iv.Length == IvBytes ? [.. iv] : throw new ArgumentException($"an IV has {IvBytes} bytes, not {iv.Length}", nameof(iv));
}
