using System.Buffers.Binary;
using System.Security.Cryptography;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Encryption;

/// <summary>
/// The segments of Tink's AES256_GCM_HKDF_1MB streaming AEAD, of one stream
/// (https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming). The data key is the key, the backup's id the associated data.
/// </summary>
public sealed class GcmSegments : IDisposable
{
    public const int HeaderBytes = 1 + SaltBytes + PrefixBytes;
    public const int TagBytes = 16;

    /// <summary>Of a stored segment with its tag; the first is shorter by the header before it.</summary>
    public const int SegmentBytes = 1 << 20;

    /// <summary>What a counter of 32 bits can number.</summary>
    public const long MaxSegments = 1L << 32;

    const int SaltBytes = 32;
    const int PrefixBytes = 7;

    readonly AesGcm cipher;
    readonly byte[] prefix;

    /// <param name="header">40 bytes: their number, salt, and what every nonce begins with.</param>
    public GcmSegments(DataKey key, BackupId id, ReadOnlySpan<byte> header)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(header.Length, HeaderBytes);
        prefix = header[^PrefixBytes..].ToArray();
        using var derived = key.Derive(id.Text, header.Slice(1, SaltBytes));
        cipher = new AesGcm(derived.Span, TagBytes);
    }

    public static byte[] NewHeader()
    {
        var header = RandomNumberGenerator.GetBytes(HeaderBytes);
        header[0] = HeaderBytes;
        return header;
    }

    /// <summary>The bytes that the segment encrypts when it is full.</summary>
    public static int PlainBytes(long number) => SegmentBytes - TagBytes - (number == 0 ? HeaderBytes : 0);

    /// <param name="sealedSegment">16 bytes longer than <paramref name="plain"/>.</param>
    /// <exception cref="RunnerException">Exit 6: there is no number for one more segment.</exception>
    public void Seal(long number, bool last, ReadOnlySpan<byte> plain, Span<byte> sealedSegment)
    {
        if (number >= MaxSegments)
            throw new RunnerException(ExitCode.Volume, "the archive is larger than 4 PiB, and aes256-gcm can encrypt no more of it", "exclude some of the data, or use aes256-cbc");
        Span<byte> nonce = stackalloc byte[12];
        WriteNonce(nonce, number, last);
        cipher.Encrypt(nonce, plain, sealedSegment[..^TagBytes], sealedSegment[^TagBytes..]);
    }

    /// <param name="plain">16 bytes shorter than <paramref name="sealedSegment"/>; zeros when it does not open.</param>
    /// <returns>False: it is not this segment of this stream, or was altered.</returns>
    public bool Open(long number, bool last, ReadOnlySpan<byte> sealedSegment, Span<byte> plain)
    {
        if (number >= MaxSegments)
            return false;
        Span<byte> nonce = stackalloc byte[12];
        WriteNonce(nonce, number, last);
        try
        {
            cipher.Decrypt(nonce, sealedSegment[..^TagBytes], sealedSegment[^TagBytes..], plain);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            CryptographicOperations.ZeroMemory(plain);
            return false;
        }
    }

    public void Dispose() => cipher.Dispose();

    void WriteNonce(Span<byte> nonce, long number, bool last)
    {
        prefix.CopyTo(nonce);
        BinaryPrimitives.WriteUInt32BigEndian(nonce[PrefixBytes..], (uint)number);
        nonce[^1] = last ? (byte)1 : (byte)0;
    }
}
