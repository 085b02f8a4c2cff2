namespace BackupRunner.Archive;

/// <summary>
/// Compresses what is written to it into gzip members of at most 1 MiB of input each, in parallel, and writes them in order to the inner
/// stream (docs/FORMAT.md). Memory: (2 x workers + 2) x 2.1 MiB.
/// </summary>
/// <remarks>
/// <see cref="Complete"/> ends the gzip; disposing without it abandons what is not yet written, so that a backup that failed never ends in
/// a well-formed
/// archive. The inner stream is neither completed nor disposed. A failure of the inner stream is thrown by the next call, as it was.
/// </remarks>
public sealed class GzipMembersStream : WriteOnlyStream
{
    public const int MemberBytes = GzipMember.MaximumRawBytes;

    readonly MemberPipeline pipeline;
    GzipMember? current;
    bool completed;
    bool disposed;

    /// <param name="level">1 (fast) to 9 (small).</param>
    /// <param name="workers">Threads that compress.</param>
    public GzipMembersStream(Stream inner, int level, int workers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 9);
        pipeline = new MemberPipeline(workers, member => member.Compress(level), async (member, cancel) =>
        {
            await inner.WriteAsync(member.Packed[..member.PackedBytes], cancel);
            PackedBytes += member.PackedBytes;
        });
    }

    /// <summary>Bytes written to this stream.</summary>
    public long RawBytes { get; private set; }

    /// <summary>Bytes of the gzip file; final once <see cref="Complete"/> has returned.</summary>
    public long PackedBytes { get; private set; }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        while (!buffer.IsEmpty)
        {
            current ??= await Start(cancellationToken);
            var room = current.Raw[current.RawBytes..];
            var length = Math.Min(room.Length, buffer.Length);
            buffer[..length].CopyTo(room);
            buffer = buffer[length..];
            current.RawBytes += length;
            RawBytes += length;
            if (current.RawBytes == MemberBytes)
            {
                pipeline.Submit(current);
                current = null;
            }
        }
    }

    /// <summary>Compresses and writes all that is left. No input at all gives one empty member.</summary>
    public async Task Complete(CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        completed = true;
        if (current is null && RawBytes == 0)
            current = await Start(cancel);
        if (current is not null)
            pipeline.Submit(current);
        current = null;
        await pipeline.Complete(cancel);
    }

    public override async ValueTask DisposeAsync()
    {
        if (disposed)
            return;
        completed = disposed = true;
        await pipeline.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            DisposeAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }

    async ValueTask<GzipMember> Start(CancellationToken cancel)
    {
        var member = await pipeline.Rent(cancel);
        member.RawBytes = 0;
        return member;
    }
}
