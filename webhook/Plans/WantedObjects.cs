namespace BackupRunner.Webhook.Plans;

/// <summary>All objects that a protected workload has.</summary>
public static class WantedObjects
{
    /// <returns>
    /// In the order in which they are needed: what a CronJob refers to is there before it. Equal plans give equal objects in equal order. Without claims there are none.
    /// </returns>
    /// <exception cref="InvalidOperationException">The policy has problems.</exception>
    public static IReadOnlyList<WantedObject> For(ProtectionPlan plan) => plan.Claims.Count == 0 ? [] :
    [
        PolicyConfigMap.For(plan),
        .. BackupAccount.For(plan),
        .. RestoreAccount.For(plan),
        LeaseManifest.ForRestore(plan),
        .. plan.Claims.Select(claim => LeaseManifest.For(plan, claim)),
        .. plan.Claims.Select(claim => BackupCronJob.For(plan, claim)),
        .. VerificationCronJob.For(plan),
    ];
}
