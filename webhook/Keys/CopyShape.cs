using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Keys;

/// <summary>What the copy of a Secret is around its content: whose it is, and of what.</summary>
static class CopyShape
{
    public const string Type = "Opaque";

    public static Secret New(SecretDemand demand, CopyContent content) => new()
    {
        Metadata = new()
        {
            Name = demand.Mounted,
            Namespace = demand.Workload.Id.Namespace,
            Labels = Labels(demand),
            Annotations = Annotations(demand, content),
            OwnerReferences = [Owner(demand.Workload)],
        },
        Type = Type,
        Data = content.Changes.ToDictionary(field => field.Key, field => field.Value!),
    };

    /// <summary>Whether it was made for this workload: anything else of that name is somebody else's.</summary>
    public static bool IsOurs(Secret copy, WorkloadId workload) => copy.Metadata.Labels?.GetValueOrDefault(ClusterNames.ForLabel) == workload.Label;

    /// <returns>A merge patch of the present version; null: there is nothing to change.</returns>
    public static JsonObject? Patch(Secret copy, SecretDemand demand, CopyContent content)
    {
        var (metadata, changes) = (new JsonObject(), content.Changes);
        var labels = Differing(copy.Metadata.Labels, Labels(demand));
        if (labels.Count > 0)
            metadata["labels"] = labels;
        var annotations = Differing(copy.Metadata.Annotations, Annotations(demand, content));
        if (annotations.Count > 0)
            metadata["annotations"] = annotations;
        var owner = Owner(demand.Workload);
        if (content.Only.Count > 0)
        {
            if (copy.Metadata.OwnerReferences is { Count: > 0 })
                metadata["ownerReferences"] = null;
        }
        else if (copy.Metadata.OwnerReferences is not [{ Unknown: null } only] || only != owner)
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
        var patch = new JsonObject { ["metadata"] = OfVersion(copy, metadata) };
        if (changes.Count > 0)
            patch["data"] = new JsonObject(changes.Select(change => KeyValuePair.Create(change.Key, (JsonNode?)(change.Value is { } content ? Convert.ToBase64String(content) : null))));
        return patch;
    }

    /// <summary>Of a copy that alone holds a key: deleting the application must not delete the key. It is owned again once its source has every key.</summary>
    /// <returns>A merge patch of the present version; null: it has no owner.</returns>
    public static JsonObject? Disown(Secret copy) =>
        copy.Metadata.OwnerReferences is { Count: > 0 } ? new() { ["metadata"] = OfVersion(copy, new() { ["ownerReferences"] = null }) } : null;

    static JsonObject OfVersion(Secret copy, JsonObject metadata)
    {
        metadata["resourceVersion"] = copy.Metadata.ResourceVersion;
        return metadata;
    }

    static Dictionary<string, string> Labels(SecretDemand demand) => new()
    {
        [ClusterNames.AppLabel] = ClusterNames.App,
        [ClusterNames.ForLabel] = demand.Workload.Id.Label,
    };

    static Dictionary<string, string> Annotations(SecretDemand demand, CopyContent content) => new()
    {
        [ClusterNames.SourceAnnotation] = demand.Source.ToString(),
        [ClusterNames.KeyFieldAnnotation] = CopyRings.Text(content.Rings),
    };

    static OwnerReference Owner(ProtectedWorkload workload) => new()
    {
        ApiVersion = "apps/v1",
        Kind = workload.Id.ApiKind,
        Name = workload.Id.Name,
        Uid = workload.Uid,
        BlockOwnerDeletion = false,
    };

    static JsonObject Differing(Dictionary<string, string>? present, IEnumerable<KeyValuePair<string, string>> wanted) =>
        new(wanted.Where(pair => present?.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
}
