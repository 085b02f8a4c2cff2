using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>A Job that backs up one claim now: what <c>kubectl create job --from=cronjob/...</c> makes, but owned by the Backup that asked for it, and gone with it.</summary>
public static class BackupJob
{
    /// <param name="owner">apiVersion, kind, name and uid of the Backup.</param>
    public static WantedObject For(ProtectionPlan plan, ProtectedClaim claim, string name, JsonObject owner)
    {
        var template = BackupCronJob.For(plan, claim).Body["spec"]!["jobTemplate"]!;
        owner["controller"] = true;
        return PlannedObject.Of("Job", plan.Workload.Id.Namespace, name, template["metadata"]!["labels"]!.DeepClone().AsObject(), owner, ("spec", template["spec"]!.DeepClone()));
    }
}
