namespace BackupRunner.Storage.Http;

/// <summary>Cancels <see cref="Token"/> when <see cref="Alive"/> has not been called for the time given.</summary>
sealed class StallWatch : IDisposable
{
    readonly TimeSpan stall;
    readonly CancellationToken caller;
    readonly CancellationTokenSource either;
    readonly ITimer timer;
    volatile bool stalled;
    bool over;

    public StallWatch(TimeSpan stall, TimeProvider time, CancellationToken cancel)
    {
        (this.stall, caller) = (stall, cancel);
        either = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Token = either.Token;
        timer = time.CreateTimer(_ => End(), null, stall, Timeout.InfiniteTimeSpan);
    }

    public CancellationToken Token { get; }

    /// <summary>A byte moved. May be called after disposal: an answer can come before a request's body has gone.</summary>
    public void Alive() => timer.Change(stall, Timeout.InfiniteTimeSpan);

    /// <exception cref="TimeoutException">No byte moved for too long.</exception>
    public async ValueTask<T> Watch<T>(ValueTask<T> work)
    {
        try
        {
            return await work;
        }
        catch (Exception cut) when (stalled && !caller.IsCancellationRequested)
        {
            throw new TimeoutException($"no byte moved for {stall.TotalSeconds:0} s", cut);
        }
    }

    public void Dispose()
    {
        timer.Dispose();
        lock (timer)
        {
            over = true;
            either.Dispose();
        }
    }

    void End()
    {
        lock (timer)
        {
            if (over)
                return;
            stalled = true;
            // Not here and now: what it runs must not run under the lock.
            _ = either.CancelAsync();
        }
    }
}
