using System.Text.Json.Nodes;
using BackupRunner.Policy;
using BackupRunner.Webhook.Plans.Pods;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>Reads the newest backup of one claim back. It has the keys and the storage, and neither the claim nor the API server.</summary>
public static class VerificationCronJob
{
    const int StartingDeadlineSeconds = 3600;

    /// <summary>With <c>Forbid</c>, one that hangs would keep away all later ones.</summary>
    const int ActiveDeadlineSeconds = 24 * 3600;

    const int KeptJobs = 3;

    /// <summary>None where the policy does not verify.</summary>
    public static IEnumerable<WantedObject> For(ProtectionPlan plan) =>
        plan.Terms.Verification is { Schedule: not null } verification ? plan.Claims.Select(claim => For(plan, claim, verification)) : [];

    static WantedObject For(ProtectionPlan plan, ProtectedClaim claim, VerificationPolicy verification)
    {
        var spec = new JsonObject { ["schedule"] = verification.Schedule!.Text };
        if (plan.Terms.Schedule.TimeZone is { } zone)
            spec["timeZone"] = zone.Id;
        spec["startingDeadlineSeconds"] = StartingDeadlineSeconds;
        spec["concurrencyPolicy"] = "Forbid";
        spec["suspend"] = !plan.Terms.Enabled;
        spec["successfulJobsHistoryLimit"] = KeptJobs;
        spec["failedJobsHistoryLimit"] = KeptJobs;
        spec["jobTemplate"] = JobShape.Template(Labels(plan), new JsonObject
        {
            ["backoffLimit"] = 2,
            ["activeDeadlineSeconds"] = ActiveDeadlineSeconds,
            ["ttlSecondsAfterFinished"] = JobShape.KeptSeconds,
            ["podFailurePolicy"] = JobShape.FailurePolicy(JobShape.NotByTryingAgain()),
            ["template"] = JobShape.PodTemplate(Labels(plan), new VerificationPod(plan, claim, verification).Spec()),
        });
        return PlannedObject.Of(plan, "CronJob", plan.VerificationOf(claim), plan.BackupAccount, ("spec", spec));
    }

    static JsonObject Labels(ProtectionPlan plan) => PlannedObject.Labels(plan.Workload.Id.Label, plan.BackupAccount);
}
