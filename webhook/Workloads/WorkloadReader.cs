using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Names;

namespace BackupRunner.Webhook.Workloads;

/// <summary>From the JSON of a StatefulSet or Deployment to what matters of it. Never throws: what is missing or of another type counts as absent.</summary>
public static class WorkloadReader
{
    /// <param name="kind">Lower case.</param>
    public static ProtectedWorkload Read(string kind, KubeObject item)
    {
        var metadata = item.Metadata;
        return Read(
            new WorkloadId(kind, metadata.Namespace ?? "", metadata.Name), metadata.Uid, metadata.ResourceVersion, metadata.DeletionTimestamp is not null,
            metadata.Annotations ?? [], item.Unknown?.GetValueOrDefault("spec") ?? default);
    }

    /// <param name="kind">Lower case.</param>
    /// <param name="item">Nothing of it is kept.</param>
    public static ProtectedWorkload Read(string kind, JsonElement item)
    {
        var metadata = item.Field("metadata");
        return Read(
            new WorkloadId(kind, metadata.Text("namespace") ?? "", metadata.Name("name") ?? ""), metadata.Text("uid"), metadata.Text("resourceVersion"),
            metadata.Text("deletionTimestamp") is not null, metadata.Map("annotations"), item.Field("spec"));
    }

    static ProtectedWorkload Read(
        WorkloadId id, string? uid, string? resourceVersion, bool isBeingDeleted, Dictionary<string, string> annotations, JsonElement spec)
    {
        var ours = annotations.Where(annotation => annotation.Key.StartsWith(ClusterNames.Domain, StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
        var isSet = id.Kind == ClusterNames.StatefulSet;
        List<ClaimTemplate> templates = isSet ? [.. spec.Items("volumeClaimTemplates").Select(Template).OfType<ClaimTemplate>().DistinctBy(template => template.Name)] : [];
        return new ProtectedWorkload
        {
            Id = id,
            Uid = uid ?? "",
            ResourceVersion = resourceVersion,
            Annotations = ours,
            PolicyName = ours.GetValueOrDefault(ClusterNames.PolicyAnnotation) is { Length: > 0 } policy ? policy : null,
            IsBeingDeleted = isBeingDeleted,
            Replicas = Count(spec, "replicas") ?? 1,
            FirstOrdinal = isSet ? Count(spec.Field("ordinals"), "start") ?? 0 : 0,
            DeletesClaimsWhenScaled = isSet && spec.Field("persistentVolumeClaimRetentionPolicy").Text("whenScaled") == "Delete",
            Selector = Selector(spec.Field("selector")),
            ClaimTemplates = templates,
            Pod = PodShapeReader.Read(spec.Field("template"), templates),
        };
    }

    static int? Count(JsonElement of, string name) => of.Whole(name) is >= 0 and <= int.MaxValue and var count ? (int)count : null;

    static ClaimTemplate? Template(JsonElement item) => item.Field("metadata").Name("name") is { } name
        ? new ClaimTemplate(name, item.Field("spec").Words("accessModes"), item.Field("spec").Text("volumeMode"))
        : null;

    static LabelSelector Selector(JsonElement selector)
    {
        var labels = selector.Map("matchLabels");
        List<LabelRequirement> expressions =
        [
            .. selector.Items("matchExpressions")
                .Select(item => (Key: item.Text("key"), Operator: item.Text("operator"), Values: item.Words("values")))
                .Where(item => item is { Key: not null, Operator: not null })
                .Select(item => new LabelRequirement(item.Key!, item.Operator!, item.Values.Count > 0 ? item.Values : null)),
        ];
        return new LabelSelector { MatchLabels = labels.Count > 0 ? labels : null, MatchExpressions = expressions.Count > 0 ? expressions : null };
    }
}
