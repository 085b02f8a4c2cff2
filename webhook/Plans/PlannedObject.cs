using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;

namespace BackupRunner.Webhook.Plans;

/// <summary>What all objects of a workload have in common.</summary>
static class PlannedObject
{
    static readonly KubeResource<KubeObject> CronJobs = KubeResources.Any("batch", "v1", "cronjobs");
    static readonly KubeResource<KubeObject> Jobs = KubeResources.Any("batch", "v1", "jobs");
    static readonly KubeResource<KubeObject> ConfigMaps = KubeResources.Any("", "v1", "configmaps");
    static readonly KubeResource<KubeObject> ServiceAccounts = KubeResources.Any("", "v1", "serviceaccounts");
    static readonly KubeResource<KubeObject> Leases = KubeResources.Any("coordination.k8s.io", "v1", "leases");
    static readonly KubeResource<KubeObject> Roles = KubeResources.Any("rbac.authorization.k8s.io", "v1", "roles");
    static readonly KubeResource<KubeObject> RoleBindings = KubeResources.Any("rbac.authorization.k8s.io", "v1", "rolebindings");

    /// <param name="rest">The fields beside apiVersion, kind and metadata.</param>
    public static WantedObject Of(ProtectionPlan plan, string kind, string name, string? instance, params ReadOnlySpan<(string Name, JsonNode Value)> rest)
    {
        var workload = plan.Workload;
        var owner = new JsonObject { ["apiVersion"] = "apps/v1", ["kind"] = workload.Id.ApiKind, ["name"] = workload.Id.Name, ["uid"] = workload.Uid };
        return Of(kind, workload.Id.Namespace, name, Labels(workload.Id.Label, instance), owner, rest);
    }

    /// <param name="owner">Null: nobody's.</param>
    public static WantedObject Of(
        string kind, string space, string name, JsonObject labels, JsonObject? owner, params ReadOnlySpan<(string Name, JsonNode Value)> rest)
    {
        var resource = Resource(kind);
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = space, ["labels"] = labels };
        if (owner is not null)
            metadata["ownerReferences"] = new JsonArray { owner };
        var body = new JsonObject { ["apiVersion"] = resource.ApiVersion, ["kind"] = kind, ["metadata"] = metadata };
        foreach (var (field, value) in rest)
            body[field] = value;
        return new WantedObject(resource, space, name, body);
    }

    /// <param name="instance">Of a run, the account that it has.</param>
    public static JsonObject Labels(string label, string? instance)
    {
        var labels = new JsonObject { [ClusterNames.AppLabel] = ClusterNames.App };
        if (instance is not null)
            labels["app.kubernetes.io/instance"] = instance;
        labels[ClusterNames.ForLabel] = label;
        return labels;
    }

    static KubeResource<KubeObject> Resource(string kind) => kind switch
    {
        "CronJob" => CronJobs,
        "Job" => Jobs,
        "ConfigMap" => ConfigMaps,
        "ServiceAccount" => ServiceAccounts,
        "Lease" => Leases,
        "Role" => Roles,
        "RoleBinding" => RoleBindings,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "is not planned for any workload"),
    };
}
