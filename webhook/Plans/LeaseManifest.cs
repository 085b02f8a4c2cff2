using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>The Leases of a workload. Metadata only: what is in them belongs to the runs that hold them.</summary>
public static class LeaseManifest
{
    /// <summary>Held by a backup, prune or restore of the claim.</summary>
    public static WantedObject For(ProtectionPlan plan, ProtectedClaim claim) => PlannedObject.Of(plan, "Lease", plan.NameOf(claim), null);

    /// <summary>Held by a restore into any of the claims.</summary>
    public static WantedObject ForRestore(ProtectionPlan plan) => PlannedObject.Of(plan, "Lease", plan.RestoreLease, null);
}
