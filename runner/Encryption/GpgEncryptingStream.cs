namespace BackupRunner.Encryption;

/// <summary>
/// Writes to gpg while what gpg writes goes to the inner stream. Cancelling a write ends gpg, and this stream with it; so does a failure of
/// that stream, which the next write or <see cref="Complete"/> throws.
/// </summary>
sealed class GpgEncryptingStream : EncryptingStream
{
    const int BufferBytes = 1 << 18;

    readonly CancellationTokenSource stopped = new();
    readonly GpgRun gpg;
    readonly Task pump;
    bool disposed;

    /// <param name="gpg">Disposed with this stream.</param>
    public GpgEncryptingStream(GpgRun gpg, Stream inner)
    {
        this.gpg = gpg;
        pump = Pump(inner);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var stopping = cancellationToken.UnsafeRegister(_ => Stop(), null);
        if (pump.IsFaulted)
            await pump;
        try
        {
            await gpg.Input.WriteAsync(buffer, CancellationToken.None);
        }
        catch (IOException broken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await End(cancellationToken);
            throw new RunnerException(Reports.ExitCode.Command, "gpg ended before it had read all that there was to encrypt", null, broken);
        }
    }

    public override async Task Complete(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        using var stopping = cancel.UnsafeRegister(_ => Stop(), null);
        gpg.Input.Close();
        await End(cancel);
    }

    async Task End(CancellationToken cancel)
    {
        await pump.WaitAsync(cancel);
        await gpg.RequireEncrypted(cancel);
    }

    async Task Pump(Stream inner)
    {
        try
        {
            await gpg.Output.CopyToAsync(inner, BufferBytes, stopped.Token);
        }
        catch
        {
            // Whoever waits to write to gpg shall not wait for ever.
            gpg.Kill();
            throw;
        }
    }

    void Stop()
    {
        stopped.Cancel();
        gpg.Kill();
    }

    // gpg is killed before its input is closed: it must not take this for the end of the data.
    async Task EndAll()
    {
        if (disposed)
            return;
        disposed = true;
        Stop();
        await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
