using System.Text.Json.Nodes;
using BackupRunner.Webhook.Plans.Pods;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>The backups of one claim. Suspended when nothing is scheduled, or there is no pod to run commands in, so that <c>kubectl create job --from=cronjob/...</c> always works.</summary>
public static class BackupCronJob
{
    /// <summary>A backup that could not start at its time may start up to an hour later.</summary>
    const int StartingDeadlineSeconds = 3600;

    /// <summary>More than a backup ever takes: with <c>Forbid</c>, one that hangs or finds no node would keep away all later ones.</summary>
    const int ActiveDeadlineSeconds = 24 * 3600;

    const int KeptJobs = 3;

    public static WantedObject For(ProtectionPlan plan, ProtectedClaim claim)
    {
        var schedule = plan.Terms.Schedule;
        var spec = new JsonObject { ["schedule"] = schedule.Cron.Text };
        if (schedule.TimeZone is { } zone)
            spec["timeZone"] = zone.Id;
        spec["startingDeadlineSeconds"] = StartingDeadlineSeconds;
        spec["concurrencyPolicy"] = "Forbid";
        // A restore that stops the workload costs no write more: where the pod of a run may be changes with it anyway.
        spec["suspend"] = !(plan.Terms.Enabled && schedule.Enabled) || plan.IsWithoutPod(claim);
        spec["successfulJobsHistoryLimit"] = KeptJobs;
        spec["failedJobsHistoryLimit"] = KeptJobs;
        spec["jobTemplate"] = JobShape.Template(Labels(plan), new JsonObject
        {
            ["backoffLimit"] = 2,
            ["activeDeadlineSeconds"] = ActiveDeadlineSeconds,
            ["ttlSecondsAfterFinished"] = JobShape.KeptSeconds,
            ["podFailurePolicy"] = JobShape.FailurePolicy(JobShape.NotByTryingAgain()),
            ["template"] = JobShape.PodTemplate(Labels(plan), new RunPod(plan, claim).OfBackup()),
        });
        return PlannedObject.Of(plan, "CronJob", plan.NameOf(claim), plan.BackupAccount, ("spec", spec));
    }

    static JsonObject Labels(ProtectionPlan plan) => PlannedObject.Labels(plan.Workload.Id.Label, plan.BackupAccount);
}
