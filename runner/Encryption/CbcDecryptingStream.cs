using System.Security.Cryptography;
using BackupRunner.Reports;

namespace BackupRunner.Encryption;

/// <param name="cipher">The stream's from now on.</param>
/// <param name="iv">The stream's from now on: for each chunk the last block before it.</param>
sealed class CbcDecryptingStream(Stream stored, Aes cipher, byte[] iv) : ChunkDecryptingStream(stored, CbcCipher.ChunkBytes)
{
    long decrypted;

    protected override int Decrypt(ReadOnlySpan<byte> chunk, bool last, Span<byte> plain)
    {
        if (chunk.IsEmpty)
            throw Refused("the archive is empty: it was cut");
        if (chunk.Length % iv.Length != 0)
            throw Refused($"the archive was cut: it ends after {decrypted + chunk.Length} bytes, which is no multiple of {iv.Length}");
        try
        {
            var length = cipher.DecryptCbc(chunk, iv, plain, last ? PaddingMode.PKCS7 : PaddingMode.None);
            chunk[^iv.Length..].CopyTo(iv);
            decrypted += chunk.Length;
            return length;
        }
        catch (CryptographicException)
        {
            throw Refused($"the padding at the archive's end, at byte {decrypted + chunk.Length - iv.Length}, is wrong: it was altered, cut, or belongs to another key");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            cipher.Dispose();
        base.Dispose(disposing);
    }

    static RunnerException Refused(string message) => new(ExitCode.Integrity, message, "restore another backup; \"list\" shows them");
}
