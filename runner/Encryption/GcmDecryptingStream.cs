using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Encryption;

/// <param name="key">The caller's; needed until the first bytes are read.</param>
sealed class GcmDecryptingStream(Stream stored, DataKey key, BackupId id) : ChunkDecryptingStream(stored, GcmSegments.SegmentBytes)
{
    GcmSegments? segments;
    long number;

    protected override int Decrypt(ReadOnlySpan<byte> chunk, bool last, Span<byte> plain)
    {
        var start = number * GcmSegments.SegmentBytes;
        var end = start + chunk.Length;
        if (segments is null)
        {
            segments = new GcmSegments(key, id, Header(chunk));
            start = GcmSegments.HeaderBytes;
            chunk = chunk[GcmSegments.HeaderBytes..];
        }
        if (chunk.Length < GcmSegments.TagBytes)
            throw Refused($"the archive was cut: it ends after {end} bytes, inside segment {number}");
        plain = plain[..(chunk.Length - GcmSegments.TagBytes)];
        if (!segments.Open(number, last, chunk, plain))
            throw Refused(WhyNotOpened(chunk, last, plain, start, end));
        if (last && number > 0 && plain.IsEmpty)
            throw Refused($"segment {number} of the archive (from byte {start}) is empty");
        number++;
        return plain.Length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            segments?.Dispose();
        base.Dispose(disposing);
    }

    static ReadOnlySpan<byte> Header(ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length < GcmSegments.HeaderBytes)
            throw Refused($"the archive was cut: it ends after {chunk.Length} bytes, inside the header of {GcmSegments.HeaderBytes}");
        if (chunk[0] != GcmSegments.HeaderBytes)
            throw Refused($"the archive begins with byte 0x{chunk[0]:x2}, not with 0x{GcmSegments.HeaderBytes:x2}: it was altered, or is not encrypted with aes256-gcm");
        return chunk[..GcmSegments.HeaderBytes];
    }

    /// <summary>A segment that opens as what it is not in this place tells more than that it does not open.</summary>
    string WhyNotOpened(ReadOnlySpan<byte> segment, bool last, Span<byte> plain, long start, long end)
    {
        if (segments!.Open(number, !last, segment, plain))
        {
            return last
                ? $"the archive was cut: it ends after {end} bytes with segment {number}, which is not its last"
                : $"the archive was altered: segment {number}, which ends at byte {end}, is its last, and more bytes follow";
        }
        var why = number == 0 ? "it was altered, or belongs to another backup or another key" : "it was altered, cut, or moved";
        return $"segment {number} of the archive (bytes {start} to {end - 1}) does not authenticate: {why}";
    }

    static RunnerException Refused(string message) => new(ExitCode.Integrity, message, "restore another backup; \"list\" shows them");
}
