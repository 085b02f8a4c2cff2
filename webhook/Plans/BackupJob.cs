using System.Text.Json.Nodes;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>A Job that backs up one claim now: what <c>kubectl create job --from=cronjob/...</c> makes, but owned by the Backup that asked for it, and gone with it; and it waits for a run that is at work.</summary>
public static class BackupJob
{
    /// <param name="owner">apiVersion, kind, name and uid of the Backup.</param>
    public static WantedObject For(ProtectionPlan plan, ProtectedClaim claim, string name, JsonObject owner)
    {
        var template = BackupCronJob.For(plan, claim).Body["spec"]!["jobTemplate"]!;
        var spec = template["spec"]!.DeepClone();
        var arguments = spec["template"]!["spec"]!["containers"]![0]!["args"]!.AsArray();
        // A run of the schedule fails when another holds the Lease, and the next comes; of this one there is no next.
        if (!arguments.Any(argument => (string?)argument == PodNeighbours.LeaseWait))
            arguments.Add((JsonNode)PodNeighbours.LeaseWait);
        owner["controller"] = true;
        return PlannedObject.Of("Job", plan.Workload.Id.Namespace, name, template["metadata"]!["labels"]!.DeepClone().AsObject(), owner, ("spec", spec));
    }
}
