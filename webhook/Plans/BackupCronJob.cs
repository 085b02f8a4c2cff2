using BackupRunner.Webhook.Plans.Pods;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>The backups of one claim. Suspended when nothing is scheduled, or there is no pod to run commands in, so that <c>kubectl create job --from=cronjob/...</c> always works.</summary>
public static class BackupCronJob
{
    public static WantedObject For(ProtectionPlan plan, ProtectedClaim claim)
    {
        var schedule = plan.Terms.Schedule;
        // A restore that stops the workload costs no write more: where the pod of a run may be changes with it anyway.
        var isSuspended = !(plan.Terms.Enabled && schedule.Enabled) || plan.IsWithoutPod(claim);
        return RunCronJob.For(plan, plan.NameOf(claim), schedule.Cron, isSuspended, new RunPod(plan, claim).OfBackup());
    }
}
