using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans.Pods;

/// <summary>On which nodes the pod of a run may be.</summary>
static class RunPlacement
{
    /// <summary>
    /// A backup reads a volume of one node beside the pod that uses it. That pod's node has what the workload asks of nodes, and its labels may have changed since, so no
    /// more is asked then.
    /// </summary>
    public static void OfBackup(ProtectionPlan plan, ProtectedClaim claim, JsonObject pod)
    {
        var beside = claim is { AttachesToOneNode: true, Runs: true };
        if (beside)
            pod["affinity"] = new JsonObject { ["podAffinity"] = new JsonObject { ["requiredDuringSchedulingIgnoredDuringExecution"] = new JsonArray { Beside(plan, claim) } } };
        else
            LikeTheWorkload(plan.Workload.Pod, null, pod);
        Tolerate(plan.Workload.Pod, pod);
    }

    /// <summary>
    /// Preferred: when nothing runs there is no pod to be beside. The workload has to come up where the restore has the volume, so the node must be one that it may have.
    /// </summary>
    public static void OfRestore(ProtectionPlan plan, ProtectedClaim claim, JsonObject pod)
    {
        var beside = claim.AttachesToOneNode
            ? new JsonObject { ["preferredDuringSchedulingIgnoredDuringExecution"] = new JsonArray { new JsonObject { ["weight"] = 100, ["podAffinityTerm"] = Beside(plan, claim) } } }
            : null;
        LikeTheWorkload(plan.Workload.Pod, beside, pod);
        Tolerate(plan.Workload.Pod, pod);
    }

    /// <param name="withWorkload">It runs the workload's image, which may be for some nodes alone.</param>
    public static void OfVerification(ProtectionPlan plan, bool withWorkload, JsonObject pod)
    {
        if (withWorkload)
            LikeTheWorkload(plan.Workload.Pod, null, pod);
        Tolerate(plan.Workload.Pod, pod);
    }

    static void LikeTheWorkload(PodShape shape, JsonObject? podAffinity, JsonObject pod)
    {
        var affinity = new JsonObject();
        if (shape.NodeAffinity.ValueKind == JsonValueKind.Object)
            affinity["nodeAffinity"] = Json.Node(shape.NodeAffinity);
        if (podAffinity is not null)
            affinity["podAffinity"] = podAffinity;
        if (affinity.Count > 0)
            pod["affinity"] = affinity;
        if (shape.NodeSelector.ValueKind == JsonValueKind.Object)
            pod["nodeSelector"] = Json.Node(shape.NodeSelector);
    }

    static void Tolerate(PodShape shape, JsonObject pod)
    {
        if (shape.Tolerations.ValueKind == JsonValueKind.Array)
            pod["tolerations"] = Json.Node(shape.Tolerations);
    }

    static JsonObject Beside(ProtectionPlan plan, ProtectedClaim claim) => new()
    {
        ["topologyKey"] = "kubernetes.io/hostname",
        ["labelSelector"] = claim.Pod is { } name
            ? new JsonObject { ["matchLabels"] = new JsonObject { ["statefulset.kubernetes.io/pod-name"] = name } }
            : AnyPod(plan.Workload.Selector),
    };

    /// <summary>A selector that asks for little may fit our own pods too, and one run would follow another.</summary>
    static JsonObject AnyPod(LabelSelector selector)
    {
        var any = new JsonObject();
        if (selector.MatchLabels is { Count: > 0 } labels)
            any["matchLabels"] = new JsonObject(labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value)));
        JsonArray expressions = [.. (selector.MatchExpressions ?? []).Select(Requirement)];
        expressions.Add(Requirement(new LabelRequirement(ClusterNames.AppLabel, "NotIn", [ClusterNames.App])));
        any["matchExpressions"] = expressions;
        return any;
    }

    static JsonObject Requirement(LabelRequirement requirement)
    {
        var item = new JsonObject { ["key"] = requirement.Key, ["operator"] = requirement.Operator };
        if (requirement.Values is { Count: > 0 } values)
            item["values"] = new JsonArray([.. values.Select(value => (JsonNode)value)]);
        return item;
    }
}
