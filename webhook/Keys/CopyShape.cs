using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Keys;

/// <summary>What the copy of a Secret is around its content: whose it is, and of what.</summary>
static class CopyShape
{
    public const string Type = "Opaque";

    public static Secret New(SecretDemand demand, Dictionary<string, byte[]> data) => new()
    {
        Metadata = new()
        {
            Name = demand.Mounted,
            Namespace = demand.Workload.Id.Namespace,
            Labels = Labels(demand),
            Annotations = Annotations(demand).Where(note => note.Value is not null).ToDictionary(note => note.Key, note => note.Value!),
            OwnerReferences = [Owner(demand.Workload)],
        },
        Type = Type,
        Data = data,
    };

    /// <summary>Whether it was made for this workload: anything else of that name is somebody else's.</summary>
    public static bool IsOurs(Secret copy, WorkloadId workload) => copy.Metadata.Labels?.GetValueOrDefault(ClusterNames.ForLabel) == workload.Label;

    /// <returns>A merge patch of the present version; null: there is nothing to change.</returns>
    public static JsonObject? Patch(Secret copy, SecretDemand demand, Dictionary<string, byte[]?> changes)
    {
        var metadata = new JsonObject();
        var labels = Differing(copy.Metadata.Labels, Labels(demand)!);
        if (labels.Count > 0)
            metadata["labels"] = labels;
        var annotations = Differing(copy.Metadata.Annotations, Annotations(demand));
        if (annotations.Count > 0)
            metadata["annotations"] = annotations;
        var owner = Owner(demand.Workload);
        if (copy.Metadata.OwnerReferences is not [{ Unknown: null } only] || only != owner)
        {
            metadata["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = owner.ApiVersion,
                ["kind"] = owner.Kind,
                ["name"] = owner.Name,
                ["uid"] = owner.Uid,
                ["blockOwnerDeletion"] = false,
            });
        }
        if (metadata.Count == 0 && changes.Count == 0)
            return null;
        metadata["resourceVersion"] = copy.Metadata.ResourceVersion;
        var patch = new JsonObject { ["metadata"] = metadata };
        if (changes.Count > 0)
            patch["data"] = new JsonObject(changes.Select(change => KeyValuePair.Create(change.Key, (JsonNode?)(change.Value is { } content ? Convert.ToBase64String(content) : null))));
        return patch;
    }

    static Dictionary<string, string> Labels(SecretDemand demand) => new()
    {
        [ClusterNames.AppLabel] = ClusterNames.App,
        [ClusterNames.ForLabel] = demand.Workload.Id.Label,
    };

    static Dictionary<string, string?> Annotations(SecretDemand demand) => new()
    {
        [ClusterNames.SourceAnnotation] = demand.Source.ToString(),
        [ClusterNames.KeyFieldAnnotation] = demand.Ring?.KeyField,
    };

    static OwnerReference Owner(ProtectedWorkload workload) => new()
    {
        ApiVersion = "apps/v1",
        Kind = workload.Id.ApiKind,
        Name = workload.Id.Name,
        Uid = workload.Uid,
        BlockOwnerDeletion = false,
    };

    static JsonObject Differing(Dictionary<string, string>? present, IEnumerable<KeyValuePair<string, string?>> wanted) =>
        new(wanted.Where(pair => present?.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
}
