namespace BackupRunner.Kube;

/// <summary>Who holds a Lease, and since when by their own account. Others may write annotations at any time, which says nothing of the holder.</summary>
public readonly record struct LeaseHolding(string? Holder, DateTimeOffset? Acquired, DateTimeOffset? Renewed, int Transitions, TimeSpan Duration)
{
    public bool IsFree => Holder is null;

    public static LeaseHolding Of(Lease lease) => new(
        string.IsNullOrEmpty(lease.Spec?.HolderIdentity) ? null : lease.Spec.HolderIdentity,
        lease.Spec?.AcquireTime,
        lease.Spec?.RenewTime,
        lease.Spec?.LeaseTransitions ?? 0,
        TimeSpan.FromSeconds(lease.Spec?.LeaseDurationSeconds ?? 0));

    /// <summary>The same one, never gone in between.</summary>
    public bool IsHoldingOf(LeaseHolding other) => Holder == other.Holder && Transitions == other.Transitions && Acquired == other.Acquired;
}
