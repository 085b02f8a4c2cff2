using System.IO.Compression;
using BackupRunner.Reports;

namespace BackupRunner.Archive;

/// <summary>
/// Decompresses any gzip file (RFC 1952). Members that carry their length (docs/FORMAT.md) are inflated in parallel; from the first one
/// that does not, the rest
/// is inflated serially. Memory is bounded in both cases: see <see cref="GzipMembersStream"/>.
/// </summary>
public static class GzipReader
{
    const int SerialBufferBytes = 1 << 18;

    /// <summary>Writes to <paramref name="target"/> what <paramref name="gzip"/> holds, to its very end.</summary>
    /// <exception cref="RunnerException">Exit 5: not gzip, damaged, cut short, or followed by anything that is not gzip (zeros
    /// too).</exception>
    public static async Task CopyTo(Stream gzip, Stream target, int workers, CancellationToken cancel)
    {
        await using var pipeline = new MemberPipeline(
            workers, Inflate, (member, stop) => target.WriteAsync(member.Raw[..member.RawBytes], stop));
        var header = new byte[GzipMember.HeaderBytes];
        for (long offset = 0; ;)
        {
            var length = await gzip.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancel);
            if (length == 0 && offset > 0)
                break;
            if (GzipMember.ParseHeader(header.AsSpan(0, length)) is not { } memberBytes)
            {
                await pipeline.Complete(cancel);
                await CopySerially(header.AsMemory(0, length), gzip, target, offset, cancel);
                return;
            }
            if (memberBytes is < GzipMember.MinimumPackedBytes or > GzipMember.MaximumPackedBytes)
                throw Damaged(offset);
            var member = await pipeline.Rent(cancel);
            member.Offset = offset;
            member.PackedBytes = (int)memberBytes;
            header.CopyTo(member.Packed);
            var rest = member.Packed[header.Length..member.PackedBytes];
            if (await gzip.ReadAtLeastAsync(rest, rest.Length, throwOnEndOfStream: false, cancel) < rest.Length)
                throw CutShort();
            pipeline.Submit(member);
            offset += memberBytes;
        }
        await pipeline.Complete(cancel);
    }

    static void Inflate(GzipMember member)
    {
        try
        {
            member.Decompress();
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            throw Damaged(member.Offset, exception);
        }
    }

    static async Task CopySerially(ReadOnlyMemory<byte> start, Stream rest, Stream target, long offset, CancellationToken cancel)
    {
        if (start.IsEmpty)
            throw CutShort();
        if (start.Span[0] != 0x1f || (start.Length > 1 && start.Span[1] != 0x8b))
            throw offset > 0 ? Damaged(offset) : new RunnerException(ExitCode.Integrity, "the archive is not gzip", CheckHint);
        var source = new GzipWithSentinelStream(start, rest);
        await using var input = new BufferedStream(source, SerialBufferBytes);
        await using var gzip = new GZipStream(input, CompressionMode.Decompress);
        var buffer = new byte[SerialBufferBytes];
        var held = 0;
        // The sentinel comes last, so the last bytes are always held back.
        for (int length; (length = await Read()) > 0;)
        {
            held += length;
            var ready = held - GzipSentinel.RawBytes;
            if (ready <= 0)
                continue;
            await target.WriteAsync(buffer.AsMemory(0, ready), cancel);
            buffer.AsSpan(ready, GzipSentinel.RawBytes).CopyTo(buffer);
            held = GzipSentinel.RawBytes;
        }
        if (held != GzipSentinel.RawBytes || !buffer.AsSpan(0, held).SequenceEqual(GzipSentinel.Raw))
            throw new RunnerException(ExitCode.Integrity, "the archive is damaged or cut short", CheckHint);

        async ValueTask<int> Read()
        {
            try
            {
                return await gzip.ReadAsync(buffer.AsMemory(held), cancel);
            }
            catch (Exception exception) when (!source.HasFailed && exception is (InvalidDataException or IOException))
            {
                throw Damaged(offset, exception);
            }
        }
    }

    const string CheckHint = "restore another backup; \"verify\" says which ones are whole";

    static RunnerException Damaged(long offset, Exception? inner = null) =>
        new(ExitCode.Integrity, $"the archive is damaged: the gzip member at byte {offset} is not whole", CheckHint, inner);

    static RunnerException CutShort() => new(ExitCode.Integrity, "the archive is cut short: its gzip data ends in the middle", CheckHint);
}
