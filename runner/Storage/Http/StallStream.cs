namespace BackupRunner.Storage.Http;

/// <summary>An answer's body; a read that brings nothing for <paramref name="stall"/> fails.</summary>
sealed class StallStream(Stream inner, TimeSpan stall, TimeProvider time) : ForwardStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var watch = new StallWatch(stall, time, cancellationToken);
        return await watch.Watch(inner.ReadAsync(buffer, watch.Token));
    }

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }
}
