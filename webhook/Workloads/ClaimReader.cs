using System.Text.Json;
using BackupRunner.Kube;

namespace BackupRunner.Webhook.Workloads;

/// <summary>From the JSON of a PersistentVolumeClaim to what matters of it. Never throws.</summary>
public static class ClaimReader
{
    public static VolumeClaim Read(KubeObject item)
    {
        var spec = item.Unknown?.GetValueOrDefault("spec") ?? default(JsonElement);
        return new VolumeClaim(
            item.Metadata.Namespace ?? "", item.Metadata.Name, spec.Words("accessModes"), spec.Text("volumeMode"), item.Metadata.DeletionTimestamp is not null);
    }
}
