using System.IO.Compression;

namespace BackupRunner.Archive;

/// <summary>
/// A gzip member of sixteen known bytes that is read after the data. GZipStream ends quietly on data that is cut short and takes a damaged
/// magic
/// number for the end; but it reads on into a following member only when the one before was whole, its CRC and size verified. So the data
/// is
/// whole exactly when the sentinel comes out last.
/// </summary>
public static class GzipSentinel
{
    public const int RawBytes = 16;

    static readonly byte[] packed = Pack();

    public static ReadOnlySpan<byte> Raw =>
        [0xd1, 0x4c, 0x83, 0x6f, 0x2a, 0xee, 0x05, 0x97, 0xb8, 0x33, 0x71, 0xc6, 0x1e, 0xfa, 0x58, 0x0b];

    public static ReadOnlySpan<byte> Packed => packed;

    public static int PackedBytes => packed.Length;

    static byte[] Pack()
    {
        var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.NoCompression, leaveOpen: true))
            gzip.Write(Raw);
        return stream.ToArray();
    }
}
