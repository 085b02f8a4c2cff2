namespace BackupRunner.Archive;

/// <summary>Reads bytes that were already taken from a stream, then the rest of that stream, then <see cref="GzipSentinel"/>.</summary>
public sealed class GzipWithSentinelStream(ReadOnlyMemory<byte> start, Stream rest) : Stream
{
    ReadOnlyMemory<byte> start = start;
    ReadOnlyMemory<byte> sentinel = GzipSentinel.Packed.ToArray();
    bool restEnded;

    /// <summary>What was thrown came from the stream, not from what is in it.</summary>
    public bool HasFailed { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!start.IsEmpty)
            return Take(ref start, buffer.Span);
        if (!restEnded)
        {
            HasFailed = true;
            var length = await rest.ReadAsync(buffer, cancellationToken);
            HasFailed = false;
            if (length > 0)
                return length;
            restEnded = true;
        }
        return Take(ref sentinel, buffer.Span);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    static int Take(ref ReadOnlyMemory<byte> from, Span<byte> to)
    {
        var length = Math.Min(from.Length, to.Length);
        from.Span[..length].CopyTo(to);
        from = from[length..];
        return length;
    }
}
