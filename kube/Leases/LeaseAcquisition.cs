using System.Net;

namespace BackupRunner.Kube;

/// <summary>One attempt to get a Lease.</summary>
sealed class LeaseAcquisition(KubeClient client, string ns, string name, string identity, LeaseTiming timing, TimeProvider time)
{
    static readonly BackOff Contended = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1));

    readonly HolderWatch watch = new(timing, time);
    readonly long began = time.GetTimestamp();

    /// <summary>What we last tried to write over what: an answer that was lost may have been a yes.</summary>
    (Lease Before, LeaseHolding Wanted)? attempt;

    public string? Holder { get; private set; }

    /// <returns>The Lease before and after we took it. Null: <see cref="Holder"/> lives.</returns>
    public async Task<(Lease Before, Lease Taken)?> Run(TimeSpan wait, CancellationToken cancel)
    {
        for (var conflicts = 0; ;)
        {
            var pause = watch.Pause;
            try
            {
                var lease = await Read(cancel);
                var holding = LeaseHolding.Of(lease);
                if (attempt is var (before, wanted) && holding.IsHoldingOf(wanted))
                    return (before, lease);
                watch.Look(holding);
                if (holding.IsFree || holding.Holder == identity || watch.IsDead)
                    return (lease, await Take(lease, cancel));
                if (watch.IsAlive && time.GetElapsedTime(began) >= wait)
                {
                    Holder = holding.Holder;
                    return null;
                }
                (pause, conflicts) = (watch.Pause, 0);
            }
            catch (KubeException e) when (e.IsConflict)
            {
                // Somebody wrote in between: perhaps only an annotation.
                pause = Contended.After(++conflicts);
            }
            catch (KubeException e) when (e.IsTransient && IsWorthWaiting(wait))
            {
                pause = timing.Poll;
            }
            await Task.Delay(pause, time, cancel);
        }
    }

    /// <summary>Takes it only from the holding that the caller has judged to be over; null: it is another by now.</summary>
    public async Task<(Lease Before, Lease Taken)?> RunFrom(LeaseHolding judged, CancellationToken cancel)
    {
        for (var conflicts = 0; ;)
        {
            var lease = await Read(cancel);
            var holding = LeaseHolding.Of(lease);
            if (attempt is var (before, wanted) && holding.IsHoldingOf(wanted))
                return (before, lease);
            if (holding != judged)
            {
                Holder = holding.Holder;
                return null;
            }
            try
            {
                return (lease, await Take(lease, cancel));
            }
            catch (KubeException e) when (e.IsConflict)
            {
                await Task.Delay(Contended.After(++conflicts), time, cancel);
            }
        }
    }

    async Task<Lease> Read(CancellationToken cancel) => await client.Get(KubeResources.Leases, ns, name, cancel) ?? throw Missing();

    async Task<Lease> Take(Lease lease, CancellationToken cancel)
    {
        var taken = LeaseRecord.Taken(lease, identity, timing.Duration, time.GetUtcNow());
        attempt = (lease, LeaseHolding.Of(taken));
        return await client.Replace(KubeResources.Leases, taken, cancel);
    }

    /// <summary>An outage may last as long as a dead holder would make us wait anyway.</summary>
    bool IsWorthWaiting(TimeSpan wait) => time.GetElapsedTime(began) < (wait > timing.Duration ? wait : timing.Duration);

    KubeException Missing() => KubeCall.To(HttpMethod.Get, "get", KubeResources.Leases, ns, name).Failed(
        new()
        {
            Status = "Failure",
            Reason = "NotFound",
            Message = $"leases.coordination.k8s.io \"{name}\" not found",
            Code = (int)HttpStatusCode.NotFound,
            Details = new() { Name = name, Group = KubeResources.Leases.Group, Kind = KubeResources.Leases.Plural },
        }, HttpStatusCode.NotFound);
}
