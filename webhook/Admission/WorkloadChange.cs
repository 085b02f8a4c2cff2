using System.Text.Json;

namespace BackupRunner.Webhook.Admission;

/// <summary>Whether an update of a workload can make its annotations say something else.</summary>
static class WorkloadChange
{
    static readonly string[] SpecFields = ["replicas", "ordinals", "volumeClaimTemplates", "persistentVolumeClaimRetentionPolicy"];

    /// <summary>Of a container, what claims and policies refer to; a new image or another limit is nothing to us.</summary>
    static readonly string[] ContainerFields = ["name", "volumeMounts", "volumeDevices"];

    public static bool Matters(JsonElement old, JsonElement item) =>
        !SameTexts(ObjectMetadata.Of(old).Ours(), ObjectMetadata.Of(item).Ours()) || !SameSpec(JsonText.Part(old, "spec"), JsonText.Part(item, "spec"));

    static bool SameTexts(IReadOnlyDictionary<string, string> old, IReadOnlyDictionary<string, string> item) =>
        old.Count == item.Count && old.All(entry => item.TryGetValue(entry.Key, out var value) && value == entry.Value);

    static bool SameSpec(JsonElement old, JsonElement item)
    {
        var (oldPod, pod) = (Pod(old), Pod(item));
        return SameFields(old, item, SpecFields) && JsonText.IsSame(oldPod, pod, "volumes") && SameContainers(JsonText.Part(oldPod, "containers"), JsonText.Part(pod, "containers"));
    }

    static JsonElement Pod(JsonElement spec) => JsonText.Part(JsonText.Part(spec, "template"), "spec");

    static bool SameContainers(JsonElement old, JsonElement item) =>
        old.ValueKind != JsonValueKind.Array || item.ValueKind != JsonValueKind.Array ? old.ValueKind == item.ValueKind
            : old.GetArrayLength() == item.GetArrayLength() && old.EnumerateArray().Zip(item.EnumerateArray()).All(pair => SameFields(pair.First, pair.Second, ContainerFields));

    static bool SameFields(JsonElement old, JsonElement item, string[] fields) => fields.All(field => JsonText.IsSame(old, item, field));
}
