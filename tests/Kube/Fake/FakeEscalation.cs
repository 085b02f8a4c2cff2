using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>Nobody may grant what he does not hold: roles with more than their author has, and bindings to them, are refused.</summary>
public static class FakeEscalation
{
    public static void Check(FakeCluster cluster, FakeRequest request, FakeKind kind, JsonObject item)
    {
        if (kind.Group != "rbac.authorization.k8s.io")
            return;
        var name = (string)item["metadata"]!["name"]!;
        var binding = kind.Kind.EndsWith("Binding", StringComparison.Ordinal);
        var role = binding ? (Kind: (string)item["roleRef"]!["kind"]!, Name: (string)item["roleRef"]!["name"]!) : (Kind: kind.Kind, Name: name);
        var resource = role.Kind == "Role" ? "roles" : "clusterroles";
        if (cluster.Authorizer.Refusal(request.User, new FakeAction(binding ? "bind" : "escalate", kind.Group, resource, request.Namespace, role.Name)) is null)
            return;
        var rules = binding ? cluster.Authorizer.RulesOfRole(role.Kind, request.Namespace, role.Name) : item["rules"] as JsonArray ?? [];
        var lacking = cluster.Authorizer.Lacking(request.User, request.Namespace, rules);
        if (lacking.Count > 0)
        {
            throw FakeStatusException.Forbidden(kind.Qualified, kind.Group, kind.Plural, name,
                $"user \"{request.User.Name}\" (groups=[{string.Join(' ', request.User.Groups.Select(group => $"\"{group}\""))}]) is attempting to grant RBAC permissions not currently held:\n"
                + string.Join('\n', lacking.Select(Words)));
        }
    }

    static string Words(JsonNode rule) => "{" + string.Join(", ",
        new[] { ("APIGroups", "apiGroups"), ("Resources", "resources"), ("ResourceNames", "resourceNames"), ("Verbs", "verbs") }
            .Where(part => rule[part.Item2] is JsonArray { Count: > 0 }).Select(part => $"{part.Item1}:[{string.Join(' ', ((JsonArray)rule[part.Item2]!).Select(text => text!.ToJsonString()))}]")) + "}";
}
