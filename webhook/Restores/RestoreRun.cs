using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Webhook.Plans;

namespace BackupRunner.Webhook.Restores;

/// <summary>The Job of a Restore: what a Job of three annotations is completed to, but that it goes with its Restore.</summary>
public static class RestoreRun
{
    public static WantedObject JobFor(RestoreObject restore, RestoreFinding found)
    {
        // Without blockOwnerDeletion, for which the owner's finalizers would have to be ours to set.
        var owner = new JsonObject { ["apiVersion"] = RestoreObject.ApiVersion, ["kind"] = RestoreObject.Kind, ["name"] = restore.Name, ["uid"] = restore.Uid, ["controller"] = true };
        return PlannedObject.Of(
            "Job", restore.Namespace, ClusterNames.OfRestoreJob(restore.Name, restore.Uid), RestoreJob.Labels(found.Target.Plan), owner,
            ("spec", RestoreJob.Spec(found.Target.Plan, found.Target.Claim, found.Choice, Elsewhere(found))));
    }

    static IEnumerable<string> Elsewhere(RestoreFinding found)
    {
        if (found.Source is { } source)
            yield return source.Argument;
        if (found.FromCluster is { } cluster)
            yield return $"--from-cluster={cluster}";
    }
}
