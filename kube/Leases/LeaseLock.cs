namespace BackupRunner.Kube;

/// <summary>
/// A Lease as a lock. Whether its holder is dead is judged by our own clock since the last change that we saw, never by the times that it wrote.
/// An outage of the API server ends no holding: nobody else can take the Lease then either.
/// </summary>
/// <param name="identity">Names this holder and no other.</param>
/// <param name="timing">Of our own holding; another's <c>leaseDurationSeconds</c> counts for its expiry, if it is longer.</param>
public sealed class LeaseLock(KubeClient client, string ns, string name, string identity, LeaseTiming timing, TimeProvider time) : IAsyncDisposable
{
    static readonly TimeSpan ReleaseLimit = TimeSpan.FromSeconds(10);
    static readonly BackOff Outage = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));

    readonly LeaseWriter writer = new(client, timing, time);
    readonly CancellationTokenSource ended = new();
    Task renewing = Task.CompletedTask;

    /// <summary>The other one, after <see cref="Acquire"/> returned null.</summary>
    public string? Holder { get; private set; }

    /// <summary>Cancelled once the Lease is known to be lost: somebody else holds it, or it was deleted. Not by an outage.</summary>
    public CancellationToken Lost => writer.Lost;

    public string? LostReason => writer.LostReason;

    /// <summary>As last seen or written.</summary>
    public IReadOnlyDictionary<string, string> Annotations => writer.Annotations;

    /// <summary>
    /// Takes the Lease, and renews it from then on. A present holder is watched until it releases, is seen to renew (it lives), or has not
    /// changed for its whole duration (it is dead, and the Lease is taken over).
    /// </summary>
    /// <param name="wait">How long to wait for a holder that lives.</param>
    /// <returns>The Lease as it was before: its annotations say what a dead holder left. Null: a holder that lives still has it.</returns>
    /// <exception cref="KubeException">There is no such Lease (<see cref="KubeException.IsNotFound"/>), or it may not be read or written.</exception>
    public async Task<Lease?> Acquire(TimeSpan wait, CancellationToken cancel)
    {
        var acquisition = new LeaseAcquisition(client, ns, name, identity, timing, time);
        return Begin(acquisition, await acquisition.Run(wait, cancel));
    }

    /// <summary>
    /// Takes the Lease if it is still as the caller has seen it, free or held by one whom the caller has watched for long enough
    /// (<see cref="HolderWatch"/>), and renews it from then on.
    /// </summary>
    /// <returns>The Lease as it was before. Null: somebody has taken, renewed or released it since.</returns>
    /// <exception cref="KubeException">As <see cref="Acquire"/>.</exception>
    public async Task<Lease?> AcquireFrom(LeaseHolding judged, CancellationToken cancel)
    {
        var acquisition = new LeaseAcquisition(client, ns, name, identity, timing, time);
        return Begin(acquisition, await acquisition.RunFrom(judged, cancel));
    }

    Lease? Begin(LeaseAcquisition acquisition, (Lease Before, Lease Taken)? acquired)
    {
        Holder = acquisition.Holder;
        if (acquired is not var (before, taken))
            return null;
        writer.Begin(taken);
        renewing = Renew(ended.Token);
        return before;
    }

    /// <summary>Carried by the Lease with the next renewal at the latest; null removes one. Never blocks.</summary>
    public void Annotate(string key, string? value) => writer.Annotate(key, value);

    /// <summary>Renews and writes pending annotations now, and returns once the server has confirmed it. Waits through an outage.</summary>
    /// <exception cref="LeaseLostException">It is lost.</exception>
    /// <exception cref="KubeException">It may not be written, and the like.</exception>
    public async Task Confirm(CancellationToken cancel)
    {
        for (var failures = 1; ; failures++)
            try
            {
                await writer.Renew(cancel);
                return;
            }
            catch (KubeException e) when (e.IsTransient)
            {
                await Task.Delay(Outage.After(failures), time, cancel);
            }
    }

    /// <summary>
    /// Writes pending annotations and releases. A server that cannot be had within 10 s leaves the Lease to expire by itself.
    /// </summary>
    public async Task Release(CancellationToken cancel)
    {
        if (ended.IsCancellationRequested)
            return;
        await ended.CancelAsync();
        await renewing;
        using var patience = new Patience(ReleaseLimit, time, cancel);
        try
        {
            for (var failures = 1; ; failures++)
                try
                {
                    await writer.Release(patience.Token);
                    return;
                }
                catch (KubeException e) when (e.IsTransient)
                {
                    await Task.Delay(Outage.After(failures), time, patience.Token);
                }
        }
        catch (Exception e) when (e is LeaseLostException or KubeException || (e is OperationCanceledException && patience.IsOver))
        {
            // It is not ours to release, or will expire.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Release(CancellationToken.None);
        writer.Dispose();
        ended.Dispose();
    }

    async Task Renew(CancellationToken end)
    {
        var failures = 0;
        while (true)
            try
            {
                await Task.Delay(failures == 0 ? timing.Renew : Outage.After(failures), time, end);
                await writer.Renew(end);
                failures = 0;
            }
            catch (KubeException)
            {
                // We go on holding: Confirm tells those who have to know.
                failures++;
            }
            catch (Exception e) when (e is LeaseLostException or OperationCanceledException)
            {
                return;
            }
    }
}
