using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Recovery;

/// <summary>Which Jobs are restores of a workload that may yet run.</summary>
static class RestoreJobs
{
    public static KubeResource<KubeObject> Resource { get; } = KubeResources.Any("batch", "v1", "jobs");

    /// <summary>Neither ended, nor being deleted, nor suspended: it has a pod, or one may still come.</summary>
    public static bool IsActive(KubeObject job) =>
        job.Metadata.DeletionTimestamp is null && job.Part("spec").Field("suspend").ValueKind != JsonValueKind.True && !job.Part("status").Items("conditions").Any(Ends);

    /// <summary>
    /// A proxy that somebody put beside the runner keeps the pod, and so the Job, alive when the run has ended. A pod that has ended is the Job's own affair: it may
    /// make another.
    /// </summary>
    /// <param name="pods">Of the Job.</param>
    public static bool IsOutlived(IReadOnlyList<Pod> pods)
    {
        var alive = pods.Where(pod => !pod.HasEnded()).ToList();
        return alive.Count > 0 && alive.All(pod => pod.HasEnded(RestoreContainer.Runner));
    }

    /// <summary>By any of what the webhook, the mutation of a manual Job, and the examples write.</summary>
    public static bool IsOf(KubeObject job, WorkloadId workload)
    {
        var account = ClusterNames.OfRestoreAccount(workload.Kind, workload.Name);
        var template = job.Part("spec").Field("template");
        var labels = template.Field("metadata").Field("labels");
        return labels.Text(ClusterNames.AppLabel) == ClusterNames.App && labels.Text("app.kubernetes.io/instance") == account
            || template.Field("spec").Text("serviceAccountName") == account
            || string.Equals(job.Metadata.Annotations?.GetValueOrDefault(ClusterNames.RestoreAnnotation), $"{workload.Kind}/{workload.Name}", StringComparison.OrdinalIgnoreCase);
    }

    static bool Ends(JsonElement condition) => condition.Text("type") is "Complete" or "Failed" && condition.Text("status") == "True";
}
