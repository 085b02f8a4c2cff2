using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake.Fields;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>A kind of object that the server stores. <see cref="Schema"/> is null for a CustomResourceDefinition's kind without one.</summary>
/// <param name="Custom">From a CustomResourceDefinition: unknown fields are pruned, and lists carry kind and version in every item.</param>
/// <param name="Generation">Changes of the spec are counted.</param>
public sealed record FakeKind(string Group, string Version, string Plural, string Kind, bool Namespaced, FieldType Schema, bool HasStatus = false, bool Generation = false, bool Custom = false)
{
    public JsonObject? OpenApi { get; init; }

    /// <summary>Of a definition: <c>spec.names</c>.</summary>
    public JsonNode? Names { get; init; }

    /// <summary>Of a definition: <c>additionalPrinterColumns</c>.</summary>
    public JsonArray? Columns { get; init; }

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary><c>configmaps</c>, <c>cronjobs.batch</c>.</summary>
    public string Qualified => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public bool HasScale => Group == "apps" && Plural is "statefulsets" or "deployments";

    /// <summary>A review is answered, and never stored.</summary>
    public bool IsReview => Group == "authorization.k8s.io";
}

/// <summary>The kinds that the server knows, which grow by CustomResourceDefinitions.</summary>
public sealed class FakeKinds
{
    readonly ConcurrentDictionary<(string Group, string Version, string Plural), FakeKind> kinds = new();

    public FakeKinds()
    {
        Add("", "v1", "configmaps:ConfigMap secrets:Secret serviceaccounts:ServiceAccount events:Event services:Service+s persistentvolumeclaims:PersistentVolumeClaim+s pods:Pod+sg");
        Add("", "v1", "namespaces:Namespace+sc nodes:Node+sc persistentvolumes:PersistentVolume+sc");
        Add("batch", "v1", "cronjobs:CronJob+sg jobs:Job+sg");
        Add("apps", "v1", "statefulsets:StatefulSet+sg deployments:Deployment+sg replicasets:ReplicaSet+sg controllerrevisions:ControllerRevision");
        Add("coordination.k8s.io", "v1", "leases:Lease");
        Add("rbac.authorization.k8s.io", "v1", "roles:Role rolebindings:RoleBinding clusterroles:ClusterRole+c clusterrolebindings:ClusterRoleBinding+c");
        Add("authorization.k8s.io", "v1", "subjectaccessreviews:SubjectAccessReview+c selfsubjectaccessreviews:SelfSubjectAccessReview+c");
        Add("apiextensions.k8s.io", "v1", "customresourcedefinitions:CustomResourceDefinition+scg");
        Add("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations:MutatingWebhookConfiguration+cg validatingwebhookconfigurations:ValidatingWebhookConfiguration+cg");
        Add("policy", "v1", "poddisruptionbudgets:PodDisruptionBudget+sg");
        Add("networking.k8s.io", "v1", "networkpolicies:NetworkPolicy+g");
        Add("autoscaling", "v2", "horizontalpodautoscalers:HorizontalPodAutoscaler+s");
        Add("scheduling.k8s.io", "v1", "priorityclasses:PriorityClass+cg");
    }

    public IEnumerable<FakeKind> All => kinds.Values;

    public FakeKind? Find(string group, string version, string plural) => kinds.GetValueOrDefault((group, version, plural));

    public FakeKind this[string plural] => kinds.Values.Single(kind => kind.Plural == plural);

    public FakeKind? ByKind(string apiVersion, string kind) => kinds.Values.FirstOrDefault(known => known.ApiVersion == apiVersion && known.Kind == kind);

    public void Add(FakeKind kind) => kinds[(kind.Group, kind.Version, kind.Plural)] = kind;

    public void Remove(string group, string plural)
    {
        foreach (var kind in kinds.Keys.Where(kind => kind.Group == group && kind.Plural == plural).ToList())
            kinds.TryRemove(kind, out _);
    }

    // s: has a status, g: counts generations, c: belongs to no namespace.
    void Add(string group, string version, string list)
    {
        foreach (var word in list.Split(' '))
        {
            var parts = word.Split(':', '+');
            var marks = parts.Length > 2 ? parts[2] : "";
            Add(new FakeKind(group, version, parts[0], parts[1], !marks.Contains('c', StringComparison.Ordinal), FieldTable.Of(parts[1]),
                marks.Contains('s', StringComparison.Ordinal), marks.Contains('g', StringComparison.Ordinal)));
        }
    }
}
