namespace BackupRunner.Kube;

/// <summary>Writes a Lease that we hold, one writer at a time, and finds out when it is ours no more.</summary>
sealed class LeaseWriter : IDisposable
{
    /// <summary>So many conflicts in a row are settled without a pause.</summary>
    const int PromptRetries = 3;

    static readonly BackOff Contended = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1));
    static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    readonly KubeClient client;
    readonly LeaseTiming timing;
    readonly TimeProvider time;
    readonly SemaphoreSlim writing = new(1);
    readonly PendingAnnotations pending = new();
    readonly CancellationTokenSource lost = new();

    /// <summary>As last seen or written; null: not held yet.</summary>
    volatile Lease? held;

    public LeaseWriter(KubeClient client, LeaseTiming timing, TimeProvider time)
    {
        (this.client, this.timing, this.time) = (client, timing, time);
        Lost = lost.Token;
    }

    public CancellationToken Lost { get; }

    public string? LostReason { get; private set; }

    public IReadOnlyDictionary<string, string> Annotations => held?.Metadata.Annotations ?? None;

    public void Begin(Lease taken) => held = taken;

    public void Dispose()
    {
        writing.Dispose();
        lost.Dispose();
    }

    public void Annotate(string key, string? value) => pending.Set(key, value);

    public Task Renew(CancellationToken cancel) => Write(lease => LeaseRecord.Renewed(lease, timing.Duration, time.GetUtcNow()), cancel);

    /// <summary>Nothing, if it was never held.</summary>
    public async Task Release(CancellationToken cancel)
    {
        if (held is not null)
            await Write(lease => LeaseRecord.Released(lease, time.GetUtcNow()), cancel);
    }

    /// <exception cref="LeaseLostException">It is, and nothing was written.</exception>
    async Task Write(Func<Lease, Lease> change, CancellationToken cancel)
    {
        await writing.WaitAsync(cancel);
        try
        {
            for (var conflicts = 0; !await TryWrite(change, cancel); conflicts++)
                if (conflicts >= PromptRetries)
                    await Task.Delay(Contended.After(conflicts - PromptRetries + 1), time, cancel);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>False: somebody else wrote in between, and we still hold it.</summary>
    async Task<bool> TryWrite(Func<Lease, Lease> change, CancellationToken cancel)
    {
        if (LostReason is { } reason)
            throw new LeaseLostException(reason);
        var lease = held ?? throw new InvalidOperationException("the Lease was not acquired");
        var annotations = pending.Copy();
        try
        {
            held = await client.Replace(KubeResources.Leases, LeaseRecord.Annotated(change(lease), annotations), cancel);
            pending.Written(annotations);
            return true;
        }
        catch (KubeException e) when (!e.IsTransient)
        {
            // Not only a conflict may mean that it is gone: what the server checks first is its own affair.
            await LookAgain(lease, cancel);
            if (!e.IsConflict)
                throw;
            return false;
        }
    }

    async Task LookAgain(Lease ours, CancellationToken cancel)
    {
        var (ns, name) = (ours.Metadata.Namespace, ours.Metadata.Name);
        var now = await client.Get(KubeResources.Leases, ns, name, cancel);
        if (now is null)
            throw Lose($"the Lease \"{name}\" was deleted");
        if (now.Metadata.Uid != ours.Metadata.Uid)
            throw Lose($"the Lease \"{name}\" was deleted and made again");
        var holding = LeaseHolding.Of(now);
        if (!holding.IsHoldingOf(LeaseHolding.Of(ours)))
            throw Lose(holding.IsFree ? $"the Lease \"{name}\" was taken from us and has no holder now" : $"the Lease \"{name}\" is held by \"{holding.Holder}\"");
        held = now;
    }

    LeaseLostException Lose(string reason)
    {
        LostReason = reason;
        // Those who wait for it are not our business: they run elsewhere.
        _ = lost.CancelAsync();
        return new(reason);
    }
}
