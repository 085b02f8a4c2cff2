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
        job.Metadata.DeletionTimestamp is null
        && Part(Part(job, "spec"), "suspend") is not { ValueKind: JsonValueKind.True }
        && !(Part(Part(job, "status"), "conditions") is { ValueKind: JsonValueKind.Array } conditions && conditions.EnumerateArray().Any(Ends));

    /// <summary>By any of what the webhook, the mutation of a manual Job, and the examples write.</summary>
    public static bool IsOf(KubeObject job, WorkloadId workload)
    {
        var account = ClusterNames.OfRestoreAccount(workload.Kind, workload.Name);
        var template = Part(Part(job, "spec"), "template");
        var labels = Part(Part(template, "metadata"), "labels");
        return Text(Part(labels, ClusterNames.AppLabel)) == ClusterNames.App && Text(Part(labels, "app.kubernetes.io/instance")) == account
            || Text(Part(Part(template, "spec"), "serviceAccountName")) == account
            || string.Equals(job.Metadata.Annotations?.GetValueOrDefault(ClusterNames.RestoreAnnotation), $"{workload.Kind}/{workload.Name}", StringComparison.OrdinalIgnoreCase);
    }

    static bool Ends(JsonElement condition) => Text(Part(condition, "type")) is "Complete" or "Failed" && Text(Part(condition, "status")) == "True";

    static JsonElement? Part(KubeObject item, string name) => item.Unknown is { } parts && parts.TryGetValue(name, out var part) ? part : null;

    static JsonElement? Part(JsonElement? item, string name) =>
        item is { ValueKind: JsonValueKind.Object } parts && parts.TryGetProperty(name, out var part) ? part : null;

    static string? Text(JsonElement? item) => item is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
