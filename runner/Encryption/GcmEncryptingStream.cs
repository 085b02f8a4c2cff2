namespace BackupRunner.Encryption;

/// <param name="segments">The stream's from now on.</param>
/// <param name="header">Stored before the first segment, and written with it.</param>
sealed class GcmEncryptingStream(Stream inner, GcmSegments segments, byte[] header)
    : ChunkEncryptingStream(inner, GcmSegments.SegmentBytes - GcmSegments.TagBytes, GcmSegments.SegmentBytes)
{
    long number;

    protected override int Room => GcmSegments.PlainBytes(number);

    protected override int Encrypt(ReadOnlySpan<byte> plain, bool last, Span<byte> stored)
    {
        var start = 0;
        if (number == 0)
        {
            header.CopyTo(stored);
            start = header.Length;
        }
        var length = plain.Length + GcmSegments.TagBytes;
        segments.Seal(number++, last, plain, stored.Slice(start, length));
        return start + length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            segments.Dispose();
        base.Dispose(disposing);
    }
}
