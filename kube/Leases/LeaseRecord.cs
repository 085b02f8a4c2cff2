namespace BackupRunner.Kube;

/// <summary>What is written on a Lease.</summary>
static class LeaseRecord
{
    public static Lease Taken(Lease lease, string identity, TimeSpan duration, DateTimeOffset now)
    {
        var before = LeaseHolding.Of(lease);
        return lease with
        {
            Spec = (lease.Spec ?? new()) with
            {
                HolderIdentity = identity,
                LeaseDurationSeconds = Seconds(duration),
                AcquireTime = Micro(now),
                RenewTime = After(lease.Spec?.RenewTime, now),
                LeaseTransitions = before.Transitions + 1,
            },
        };
    }

    public static Lease Renewed(Lease lease, TimeSpan duration, DateTimeOffset now) =>
        lease with { Spec = (lease.Spec ?? new()) with { LeaseDurationSeconds = Seconds(duration), RenewTime = After(lease.Spec?.RenewTime, now) } };

    public static Lease Released(Lease lease, DateTimeOffset now) =>
        lease with { Spec = (lease.Spec ?? new()) with { HolderIdentity = null, RenewTime = After(lease.Spec?.RenewTime, now) } };

    public static Lease Annotated(Lease lease, IReadOnlyDictionary<string, string?> changes)
    {
        if (changes.Count == 0)
            return lease;
        var annotations = new Dictionary<string, string>(lease.Metadata.Annotations ?? []);
        foreach (var (key, value) in changes)
            if (value is null)
                annotations.Remove(key);
            else
                annotations[key] = value;
        return lease with { Metadata = lease.Metadata with { Annotations = annotations } };
    }

    static int Seconds(TimeSpan duration) => (int)Math.Ceiling(duration.TotalSeconds);

    /// <summary>Others know that we live by a time that differs, even if our clock stands.</summary>
    static DateTimeOffset After(DateTimeOffset? before, DateTimeOffset now) =>
        before == Micro(now) ? Micro(now).AddMicroseconds(1) : Micro(now);

    /// <summary>As precise as the server keeps it.</summary>
    static DateTimeOffset Micro(DateTimeOffset time) => new(time.Ticks - time.Ticks % TimeSpan.TicksPerMicrosecond, time.Offset);
}
