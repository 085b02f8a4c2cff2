using System.Security.Cryptography;

namespace BackupRunner.Encryption;

/// <param name="cipher">The stream's from now on.</param>
/// <param name="iv">The stream's from now on: for each chunk the last block before it.</param>
sealed class CbcEncryptingStream(Stream inner, Aes cipher, byte[] iv) : ChunkEncryptingStream(inner, CbcCipher.ChunkBytes, CbcCipher.ChunkBytes + CbcCipher.IvBytes)
{
    protected override int Room => CbcCipher.ChunkBytes;

    protected override int Encrypt(ReadOnlySpan<byte> plain, bool last, Span<byte> stored)
    {
        var length = cipher.EncryptCbc(plain, iv, stored, last ? PaddingMode.PKCS7 : PaddingMode.None);
        stored.Slice(length - iv.Length, iv.Length).CopyTo(iv);
        return length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            cipher.Dispose();
        base.Dispose(disposing);
    }
}
