using System.IO.Compression;

namespace BackupRunner.Archive;

/// <summary>
/// Tells data that deflate cannot shrink (compressed, encrypted, random) from other data at a tenth of the cost of trying: deflate is slowest
/// where it gains nothing.
/// </summary>
public static class Compressibility
{
    /// <summary>Of 8 bits a byte. What Huffman codes alone could still gain below it is 0.6 %.</summary>
    const double HighEntropy = 7.95;

    const int SamplePieces = 16;
    const int PieceBytes = 4096;
    const int WindowBytes = 1 << 16;

    /// <summary>True only if bytes are evenly spread, in a sample and in all of it, and no repetitions are found at both ends and in the middle.</summary>
    /// <param name="scratch">At least 128 KiB; overwritten.</param>
    public static bool LooksRandom(byte[] data, int length, byte[] scratch)
    {
        if (length < SamplePieces * PieceBytes)
            return false;
        Span<int> counts = stackalloc int[256];
        for (var piece = 0; piece < SamplePieces; piece++)
            Count(data.AsSpan(length / SamplePieces * piece, PieceBytes), counts);
        if (Entropy(counts, SamplePieces * PieceBytes) < HighEntropy)
            return false;
        counts.Clear();
        Count(data.AsSpan(0, length), counts);
        return Entropy(counts, length) >= HighEntropy
            && !Repeats(data, 0, scratch)
            && !Repeats(data, (length - WindowBytes) / 2, scratch)
            && !Repeats(data, length - WindowBytes, scratch);
    }

    static void Count(ReadOnlySpan<byte> data, Span<int> counts)
    {
        foreach (var b in data)
            counts[b]++;
    }

    static double Entropy(ReadOnlySpan<int> counts, double total)
    {
        double bits = 0;
        foreach (var count in counts)
            bits -= count == 0 ? 0 : count / total * Math.Log2(count / total);
        return bits;
    }

    // The fastest level has fixed codes, which are longer than bytes here: only repetitions make it shorter than the data.
    static bool Repeats(byte[] data, int offset, byte[] scratch)
    {
        var packed = new MemoryStream(scratch);
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            deflate.Write(data, offset, WindowBytes);
        return packed.Position < WindowBytes;
    }
}
