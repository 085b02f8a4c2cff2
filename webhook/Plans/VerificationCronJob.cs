using BackupRunner.Webhook.Plans.Pods;

namespace BackupRunner.Webhook.Plans;

/// <summary>Reads the newest backup of one claim back. It has the keys and the storage, and neither the claim nor the API server.</summary>
public static class VerificationCronJob
{
    /// <summary>None where the policy does not verify.</summary>
    public static IEnumerable<WantedObject> For(ProtectionPlan plan) => plan.Terms.Verification is { Schedule: { } cron } verification
        ? plan.Claims.Select(claim => RunCronJob.For(plan, plan.VerificationOf(claim), cron, !plan.Terms.Enabled, new VerificationPod(plan, claim, verification).Spec()))
        : [];
}
