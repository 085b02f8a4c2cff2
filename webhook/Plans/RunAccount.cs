using System.Globalization;
using System.Text.Json.Nodes;
using BackupRunner.Names;

namespace BackupRunner.Webhook.Plans;

/// <summary>A ServiceAccount with its Role and RoleBinding, and the rules that the accounts of backups and of restores share (docs/OPERATIONS.md, "Permissions").</summary>
static class RunAccount
{
    public static IReadOnlyList<WantedObject> Of(ProtectionPlan plan, string name, JsonArray rules)
    {
        var reference = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "Role", ["name"] = name };
        var subject = new JsonObject { ["kind"] = "ServiceAccount", ["name"] = name, ["namespace"] = plan.Workload.Id.Namespace };
        return
        [
            PlannedObject.Of(plan, "ServiceAccount", name, null),
            PlannedObject.Of(plan, "Role", name, null, ("rules", rules)),
            PlannedObject.Of(plan, "RoleBinding", name, null, ("roleRef", reference), ("subjects", new JsonArray { subject })),
        ];
    }

    /// <summary>Holds the Leases: no other run at the same time.</summary>
    public static JsonObject Leases(IEnumerable<string> names) => Rule("coordination.k8s.io", "leases", [.. names], "get", "update");

    /// <summary>Whose claim it is, and whether it is ready.</summary>
    public static JsonObject Workload(ProtectionPlan plan) => Rule("apps", plan.Workload.Id.Resource.Plural, [plan.Workload.Id.Name], "get");

    /// <summary>List and watch compare no names: the account sees all pods of the namespace.</summary>
    public static JsonObject Pods() => Rule("", "pods", [], "get", "list", "watch");

    /// <summary>
    /// Runs the policy's commands. Over a WebSocket both verbs are asked for. A Deployment's pods have names that nobody knows beforehand, so its account may run commands
    /// in any pod of the namespace.
    /// </summary>
    public static JsonObject Exec(ProtectionPlan plan) => Rule("", "pods/exec", plan.Workload.Id.Kind == ClusterNames.StatefulSet ? PodNames(plan) : [], "get", "create");

    /// <summary>Never empty: to RBAC no names are all names.</summary>
    static List<string> PodNames(ProtectionPlan plan)
    {
        var workload = plan.Workload;
        var names = plan.Claims.Select(claim => claim.Pod).OfType<string>().ToHashSet(StringComparer.Ordinal);
        // A claim that all pods share has none of its own. A restore has them stopped for a while, so there is always one.
        if (plan.Claims.Any(claim => claim.Pod is null))
        {
            names.UnionWith(Enumerable.Range(0, Math.Clamp(workload.Replicas, 1, Workloads.ClaimSelection.MaximumClaims))
                .Select(ordinal => string.Create(CultureInfo.InvariantCulture, $"{workload.Id.Name}-{workload.FirstOrdinal + (long)ordinal}")));
        }
        return [.. names.Order(StringComparer.Ordinal)];
    }

    /// <param name="names">Empty: the rule is for all.</param>
    public static JsonObject Rule(string group, string resource, IReadOnlyList<string> names, params ReadOnlySpan<string> verbs)
    {
        var rule = new JsonObject { ["apiGroups"] = new JsonArray { group }, ["resources"] = new JsonArray { resource } };
        if (names.Count > 0)
            rule["resourceNames"] = new JsonArray([.. names.Select(name => (JsonNode)name)]);
        var allowed = new JsonArray();
        foreach (var verb in verbs)
            allowed.Add(verb);
        rule["verbs"] = allowed;
        return rule;
    }
}
