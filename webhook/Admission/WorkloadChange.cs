using System.Text.Json;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>Whether an update of a workload can make its annotations say something else.</summary>
static class WorkloadChange
{
    static readonly string[] SpecFields = ["replicas", "ordinals", "volumeClaimTemplates", "persistentVolumeClaimRetentionPolicy"];

    static readonly string[] PodFields = ["volumes", "os"];

    /// <summary>Of a container, what claims and policies refer to; a new image or another limit is nothing to us.</summary>
    static readonly string[] ContainerFields = ["name", "volumeMounts", "volumeDevices"];

    public static bool Matters(JsonElement old, JsonElement item) =>
        !SameTexts(Texts(old), Texts(item)) || !SameSpec(JsonText.Part(old, "spec"), JsonText.Part(item, "spec"));

    /// <summary>Without what the loop itself says: it must be able to say it of a workload that would be refused today.</summary>
    static Dictionary<string, string> Texts(JsonElement item) => ObjectMetadata.Of(item).Ours().Where(entry => entry.Key != ClusterNames.StatusAnnotation).ToDictionary();

    static bool SameTexts(Dictionary<string, string> old, Dictionary<string, string> item) =>
        old.Count == item.Count && old.All(entry => item.TryGetValue(entry.Key, out var value) && value == entry.Value);

    static bool SameSpec(JsonElement old, JsonElement item)
    {
        var (oldPod, pod) = (Pod(old), Pod(item));
        return SameFields(old, item, SpecFields) && SameFields(oldPod, pod, PodFields)
            && SameContainers(oldPod.Items("containers"), pod.Items("containers")) && SameContainers(PodShapeReader.Sidecars(oldPod), PodShapeReader.Sidecars(pod));
    }

    static JsonElement Pod(JsonElement spec) => JsonText.Part(JsonText.Part(spec, "template"), "spec");

    static bool SameContainers(IEnumerable<JsonElement> old, IEnumerable<JsonElement> item)
    {
        var (before, now) = (old.ToList(), item.ToList());
        return before.Count == now.Count && before.Zip(now).All(pair => SameFields(pair.First, pair.Second, ContainerFields));
    }

    static bool SameFields(JsonElement old, JsonElement item, string[] fields) => fields.All(field => JsonText.IsSame(old, item, field));
}
