using System.Collections.Concurrent;

namespace BackupRunner.Storage;

/// <summary>
/// A stream into an object: cuts what is written into parts and sends several of them at once. Holds as many parts in memory as fit
/// into <paramref name="bufferBytes"/>, and two (one that is filled, one on its way) when not even these fit.
/// A part that fails ends the stream at the next write or at <see cref="Finish"/>.
/// A part goes on after the write that filled it, whatever becomes of that write's token; disposing the stream ends the parts that are still on
/// their way. It does not end the upload: that one's own disposal aborts.
/// </summary>
/// <param name="upload">Of the object.</param>
/// <param name="expectedBytes">What the object has at most, as far as anybody can tell; null: nobody can.</param>
/// <param name="bufferBytes">Spent on parts.</param>
public sealed class UploadStream(IObjectUpload upload, long? expectedBytes, long bufferBytes = UploadStream.BufferBytes) : Stream
{
    /// <summary>Four parts of 16 MiB: what a run spends on parts while they are no larger than 32 MiB.</summary>
    public const long BufferBytes = 64 << 20;

    /// <summary>Parts that take more do not fit a pod of 512 MiB.</summary>
    public const long ManyBytes = 256 << 20;

    readonly PartSizes sizes = upload.PartSizes.For(expectedBytes);
    readonly Queue<Task> sending = new();
    readonly ConcurrentBag<byte[]> spare = [];
    readonly CancellationTokenSource disposed = new();
    byte[]? part;
    int partBytes;
    int filled;
    int number;
    long offset;

    /// <summary>The most bytes that parts take of the memory, unless the object becomes larger than expected.</summary>
    public long HeldBytes => Math.Max(bufferBytes, 2L * sizes.SufficientBytes);

    /// <summary>Bytes written so far.</summary>
    public long Bytes => offset + filled;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => Bytes; set => throw new NotSupportedException(); }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            part ??= Begin();
            var count = Math.Min(buffer.Length, partBytes - filled);
            buffer[..count].CopyTo(part.AsMemory(filled));
            filled += count;
            buffer = buffer[count..];
            if (filled == partBytes)
                await Send(cancellationToken);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Sends the last part, waits for all of them, and completes the object. An empty object is one empty part.</summary>
    public async Task<StoredObject> Finish(CancellationToken cancel)
    {
        if (filled > 0 || number == 0)
        {
            part ??= Begin();
            await Send(cancel);
        }
        while (sending.Count > 0)
            await First(cancel);
        return await upload.Complete(cancel);
    }

    /// <summary>Parts of one size are filled again; those of a smaller size are let go.</summary>
    byte[] Begin()
    {
        partBytes = sizes.Of(++number);
        while (spare.TryTake(out var buffer))
        {
            if (buffer.Length == partBytes)
                return buffer;
        }
        return GC.AllocateUninitializedArray<byte>(partBytes);
    }

    async Task Send(CancellationToken cancel)
    {
        var atOnce = Math.Clamp(bufferBytes / partBytes - 1, 1, upload.PartsAtOnce);
        while (sending.Count >= atOnce || (sending.Count > 0 && sending.Peek().IsCompleted))
            await First(cancel);
        sending.Enqueue(SendPart(number, offset, part!, filled));
        (offset, filled, part) = (offset + filled, 0, null);
    }

    // It stays in the queue until it has ended: disposal must know of every part that is on its way.
    async Task First(CancellationToken cancel)
    {
        await sending.Peek().WaitAsync(cancel);
        _ = sending.Dequeue();
    }

    async Task SendPart(int partNumber, long partOffset, byte[] bytes, int count)
    {
        try
        {
            await upload.SendPart(partNumber, partOffset, bytes.AsMemory(0, count), disposed.Token);
        }
        finally
        {
            spare.Add(bytes);
        }
    }

    /// <summary>Waits until no part is being sent any more, whatever became of it: only then may the upload be aborted.</summary>
    public override async ValueTask DisposeAsync()
    {
        await disposed.CancelAsync();
        await Task.WhenAll(sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        part = null;
        spare.Clear();
        sending.Clear();
        disposed.Dispose();
        await base.DisposeAsync();
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("write asynchronously");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
