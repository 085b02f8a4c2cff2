using System.Security.Cryptography;
using BackupRunner.Keys;

namespace BackupRunner.Encryption;

/// <summary>AES key wrap with padding (RFC 5649) of a data key, which tells a wrong key and an altered wrap.</summary>
public static class KeyWrap
{
    /// <summary>32 bytes, and 8 that prove them.</summary>
    public const int WrappedBytes = DataKey.Bytes + 8;

    /// <returns>40 bytes.</returns>
    public static byte[] Wrap(KeyEncryptionKey by, DataKey key)
    {
        using var cipher = Cipher(by);
        return cipher.EncryptKeyWrapPadded(key.Material);
    }

    /// <returns>Null when <paramref name="wrapped"/> is no data key that was wrapped by this key, or was altered.</returns>
    public static DataKey? Unwrap(KeyEncryptionKey by, ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length != WrappedBytes)
            return null;
        using var cipher = Cipher(by);
        var material = new SecretBytes(DataKey.Bytes);
        try
        {
            if (cipher.TryDecryptKeyWrapPadded(wrapped, material.Span, out var length) && length == DataKey.Bytes)
                return new DataKey(material);
        }
        catch (CryptographicException)
        {
            // What does not unwrap is an answer, given below.
        }
        material.Dispose();
        return null;
    }

    static Aes Cipher(KeyEncryptionKey by)
    {
        var cipher = Aes.Create();
        cipher.SetKey(by.Material);
        return cipher;
    }
}
