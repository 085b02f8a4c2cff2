namespace BackupRunner.Kube;

/// <summary>
/// Whether the holder of a Lease lives, by our own clock and what we saw ourselves. Its times are its own clock's, and are only compared with
/// each other.
/// </summary>
public sealed class HolderWatch(LeaseTiming timing, TimeProvider time)
{
    LeaseHolding? last;
    long unchangedSince;
    long looked;

    /// <summary>It has renewed, or taken over, before our eyes.</summary>
    public bool IsAlive { get; private set; }

    /// <summary>What a look at the Lease found.</summary>
    public void Look(LeaseHolding now)
    {
        if (last is { } before && before != now)
            (IsAlive, unchangedSince) = (!now.IsFree, time.GetTimestamp());
        // A gap: the server was away, or we were. Then the holder could not renew either, or we did not see it: its time begins anew.
        else if (last is null || time.GetElapsedTime(looked) > timing.Renew)
            unchangedSince = time.GetTimestamp();
        looked = time.GetTimestamp();
        last = now;
    }

    /// <summary>It has not renewed for as long as it said, or we would, whichever is longer.</summary>
    public bool IsDead => last is { } holding && UntilDead(holding) <= TimeSpan.Zero;

    /// <summary>Until the next look.</summary>
    public TimeSpan Pause => last is { } holding && UntilDead(holding) is var left && left > TimeSpan.Zero && left < timing.Poll ? left : timing.Poll;

    TimeSpan UntilDead(LeaseHolding holding) =>
        (holding.Duration > timing.Duration ? holding.Duration : timing.Duration) - time.GetElapsedTime(unchangedSince);
}
