using System.Text.Json.Nodes;
using BackupRunner.Schedule;
using BackupRunner.Webhook.Plans.Pods;

namespace BackupRunner.Webhook.Plans;

/// <summary>What the CronJobs of one claim, for its backups and for their verification, have in common. Each runs in the time zone of the policy's schedule.</summary>
static class RunCronJob
{
    /// <summary>A run that could not start at its time may start up to an hour later.</summary>
    const int StartingDeadlineSeconds = 3600;

    /// <summary>More than a run ever takes: with <c>Forbid</c>, one that hangs or finds no node would keep away all later ones.</summary>
    const int ActiveDeadlineSeconds = 24 * 3600;

    const int KeptJobs = 3;

    public static WantedObject For(ProtectionPlan plan, string name, CronSchedule cron, bool isSuspended, JsonObject pod)
    {
        var spec = new JsonObject { ["schedule"] = cron.Text };
        if (plan.Terms.Schedule.TimeZone is { } zone)
            spec["timeZone"] = zone.Id;
        spec["startingDeadlineSeconds"] = StartingDeadlineSeconds;
        spec["concurrencyPolicy"] = "Forbid";
        spec["suspend"] = isSuspended;
        spec["successfulJobsHistoryLimit"] = KeptJobs;
        spec["failedJobsHistoryLimit"] = KeptJobs;
        spec["jobTemplate"] = JobShape.Template(Labels(plan), new JsonObject
        {
            ["backoffLimit"] = 2,
            ["activeDeadlineSeconds"] = ActiveDeadlineSeconds,
            ["ttlSecondsAfterFinished"] = JobShape.KeptSeconds,
            ["podFailurePolicy"] = JobShape.FailurePolicy(JobShape.NotByTryingAgain()),
            ["template"] = JobShape.PodTemplate(Labels(plan), pod),
        });
        return PlannedObject.Of(plan, "CronJob", name, plan.BackupAccount, ("spec", spec));
    }

    static JsonObject Labels(ProtectionPlan plan) => PlannedObject.Labels(plan.Workload.Id.Label, plan.BackupAccount);
}
