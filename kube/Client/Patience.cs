namespace BackupRunner.Kube;

/// <summary>Cancelled by the caller, or when nothing has come for as long as it lasts.</summary>
sealed class Patience : IDisposable
{
    readonly TimeSpan lasts;
    readonly CancellationTokenSource over;
    readonly CancellationTokenSource either;

    public Patience(TimeSpan lasts, TimeProvider time, CancellationToken cancel)
    {
        this.lasts = lasts;
        over = new(lasts, time);
        either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
    }

    public CancellationToken Token => either.Token;

    public bool IsOver => over.IsCancellationRequested;

    public TimeSpan Lasts => lasts;

    /// <summary>Something came: it lasts as long again.</summary>
    public void Renew() => over.CancelAfter(lasts);

    public void Dispose()
    {
        either.Dispose();
        over.Dispose();
    }
}
