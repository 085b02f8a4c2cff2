using System.Runtime.ExceptionServices;
using BackupRunner.Storage;

namespace BackupRunner.Encryption;

/// <summary>
/// Reads from gpg while it gets what is stored. The end is reached when gpg has ended and all was right. Cancelling a read ends
/// gpg, and this stream with it.
/// </summary>
sealed class GpgDecryptingStream : ForwardStream
{
    const int BufferBytes = 1 << 18;

    readonly CancellationTokenSource stopped = new();
    readonly GpgRun gpg;
    readonly Task<ExceptionDispatchInfo?> feed;
    bool ended;
    bool disposed;

    /// <param name="gpg">Disposed with this stream.</param>
    public GpgDecryptingStream(GpgRun gpg, Stream stored)
    {
        this.gpg = gpg;
        feed = Feed(stored);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (ended || buffer.IsEmpty)
            return 0;
        using var stopping = cancellationToken.UnsafeRegister(_ => Stop(), null);
        var read = await gpg.Output.ReadAsync(buffer, CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        if (read > 0)
            return read;
        // gpg says no more: it ends or was ended, and reads no more either.
        await stopped.CancelAsync();
        (await feed)?.Throw();
        await gpg.RequireDecrypted(cancellationToken);
        ended = true;
        return 0;
    }

    /// <returns>Why what is stored could not be read; null when it was, up to where gpg took it.</returns>
    async Task<ExceptionDispatchInfo?> Feed(Stream stored)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        while (true)
        {
            int read;
            try
            {
                read = await stored.ReadAsync(buffer, stopped.Token);
            }
            catch (OperationCanceledException) when (stopped.IsCancellationRequested)
            {
                return null;
            }
            catch (Exception failure)
            {
                gpg.Kill();
                return ExceptionDispatchInfo.Capture(failure);
            }
            if (read == 0)
            {
                gpg.Input.Close();
                return null;
            }
            try
            {
                await gpg.Input.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None);
            }
            catch (IOException)
            {
                return null; // gpg has ended, and says itself why
            }
        }
    }

    void Stop()
    {
        stopped.Cancel();
        gpg.Kill();
    }

    async Task EndAll()
    {
        if (disposed)
            return;
        disposed = true;
        Stop();
        await feed;
        await gpg.DisposeAsync();
        stopped.Dispose();
    }

    public override async ValueTask DisposeAsync()
    {
        await EndAll();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            EndAll().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }
}
