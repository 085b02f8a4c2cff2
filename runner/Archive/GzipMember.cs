using System.Buffers.Binary;
using System.IO.Compression;

namespace BackupRunner.Archive;

/// <summary>
/// One gzip member (RFC 1952) of at most <see cref="MaximumRawBytes"/> of input, with a subfield <c>BR</c> in the extra field that holds
/// the
/// member's total length (docs/FORMAT.md). Its buffers are used again for the next member.
/// </summary>
public sealed class GzipMember
{
    public const int MaximumRawBytes = 1 << 20;

    /// <summary>Header, body and trailer; incompressible data costs deflate five bytes for each stored block.</summary>
    public const int MaximumPackedBytes = MaximumRawBytes + (1 << 16);

    public const int HeaderBytes = 20;
    public const int MinimumPackedBytes = HeaderBytes + 2 + TrailerBytes;
    const int TrailerBytes = 8;
    const int StockHeaderBytes = 10;
    const int LengthOffset = 16;

    static ReadOnlySpan<byte> HeaderStart =>
        [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, (byte)'B', (byte)'R', 4, 0];

    readonly byte[] raw = GC.AllocateUninitializedArray<byte>(MaximumRawBytes + GzipSentinel.RawBytes + 1);
    readonly byte[] packed = GC.AllocateUninitializedArray<byte>(MaximumPackedBytes + GzipSentinel.PackedBytes);

    public int RawBytes { get; set; }

    public int PackedBytes { get; set; }

    /// <summary>Where the member begins in the file; for messages.</summary>
    public long Offset { get; set; }

    public Memory<byte> Raw => raw.AsMemory(0, MaximumRawBytes);

    public Memory<byte> Packed => packed.AsMemory(0, MaximumPackedBytes);

    /// <returns>The length in the header, unchecked; null when these are not the first 20 bytes of a member that we write.</returns>
    public static uint? ParseHeader(ReadOnlySpan<byte> header) =>
        header.Length >= HeaderBytes && header[..LengthOffset].SequenceEqual(HeaderStart)
            ? BinaryPrimitives.ReadUInt32LittleEndian(header[LengthOffset..])
            : null;

    public void Compress(int level)
    {
        // Fixed codes spend up to nine bits on a byte: what a level makes longer than storing it would is stored.
        if (Compressibility.LooksRandom(raw, RawBytes, packed))
            level = 0;
        if (!TryCompress(level) && !TryCompress(0))
            throw new InvalidOperationException($"a member of {RawBytes} bytes does not fit when stored");
        HeaderStart.CopyTo(packed);
        BinaryPrimitives.WriteUInt32LittleEndian(packed.AsSpan(LengthOffset), (uint)PackedBytes);
    }

    bool TryCompress(int level)
    {
        // The framework's own ten-byte header goes where it is overwritten by ours, which is ten bytes longer.
        const int gap = HeaderBytes - StockHeaderBytes;
        var body = new MemoryStream(packed, gap, StockHeaderBytes + RawBytes + (RawBytes >> 9) + 64);
        try
        {
            using var gzip = new GZipStream(body, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true);
            gzip.Write(raw, 0, RawBytes);
        }
        catch (NotSupportedException)
        {
            return false; // how a fixed MemoryStream says that it is full
        }
        PackedBytes = gap + (int)body.Position;
        if (RawBytes == 0)
            WriteEmptyBody(); // the framework writes nothing at all then
        return true;
    }

    void WriteEmptyBody()
    {
        packed.AsSpan(HeaderBytes, MinimumPackedBytes - HeaderBytes).Clear();
        packed[HeaderBytes] = 3; // the last block, of fixed codes, with nothing but its end
        PackedBytes = MinimumPackedBytes;
    }

    /// <exception cref="InvalidDataException">The member is not whole: its length, its CRC or its size do not fit.</exception>
    public void Decompress()
    {
        GzipSentinel.Packed.CopyTo(packed.AsSpan(PackedBytes));
        using var gzip = new GZipStream(new MemoryStream(packed, 0, PackedBytes + GzipSentinel.PackedBytes), CompressionMode.Decompress);
        var length = gzip.ReadAtLeast(raw, raw.Length, throwOnEndOfStream: false);
        RawBytes = length - GzipSentinel.RawBytes;
        if (RawBytes is < 0 or > MaximumRawBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(packed.AsSpan(PackedBytes - sizeof(uint))) != RawBytes
            || !raw.AsSpan(RawBytes, GzipSentinel.RawBytes).SequenceEqual(GzipSentinel.Raw))
            throw new InvalidDataException("a gzip member is damaged");
    }
}
