using BackupRunner.Reports;

namespace BackupRunner.Storage.Retry;

/// <summary>
/// Reads an object from an offset to its end, through connections that break: each time it opens the same version again where it stopped.
/// It ends where the listing said that the object ends; a body that ends before that was cut.
/// </summary>
sealed class ResumingStream(IObjectStore store, StoredObject stored, long offset, Retrying retrying) : ForwardStream
{
    Stream? body;
    long position = offset;

    public override long Position { get => position; set => throw new NotSupportedException(); }

    /// <summary>What a broken connection looks like to the reader of a body.</summary>
    public static bool IsCut(Exception failure) => failure is IOException or HttpRequestException or TimeoutException;

    public Task Open(CancellationToken cancel) => retrying.Run(async stop => body ??= await store.OpenRead(stored, position, stop), cancel);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0)
            return 0;
        var count = await retrying.Run((_, stop) => Attempt(buffer, stop), cancellationToken);
        position += count;
        return count;
    }

    async Task<int> Attempt(Memory<byte> buffer, CancellationToken cancel)
    {
        body ??= await store.OpenRead(stored, position, cancel);
        try
        {
            var count = await body.ReadAsync(buffer, cancel);
            if (count > 0 || position == stored.Bytes)
                return count;
            throw new EndOfStreamException($"it ended after {position} of {stored.Bytes} bytes");
        }
        catch (Exception cut) when (IsCut(cut))
        {
            await Drop();
            throw new RunnerException(
                ExitCode.Storage, $"reading \"{stored.Key}\" from {store.Address} was cut after {position} of {stored.Bytes} bytes: {cut.Message.TrimEnd('.')}",
                "is the store up, and the network between", cut)
            {
                Retry = new RetryHint(null, Answered: true),
            };
        }
    }

    async Task Drop()
    {
        if (body is { } open)
            await open.DisposeAsync();
        body = null;
    }

    public override async ValueTask DisposeAsync()
    {
        await Drop();
        await base.DisposeAsync();
    }
}
