using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>What somebody wants to do.</summary>
/// <param name="Resource">With its subresource: <c>pods/exec</c>.</param>
public sealed record FakeAction(string Verb, string Group, string Resource, string Namespace, string Name);

/// <summary>RBAC as the server evaluates it, from the roles and bindings in its storage.</summary>
public sealed class FakeAuthorizer(FakeStorage storage, FakeKinds kinds)
{
    /// <summary>Null: allowed. Else why not, which is empty unless a binding is broken.</summary>
    public string? Refusal(FakeUser user, FakeAction action)
    {
        var problems = new List<string>();
        return RulesOf(user, action.Namespace, problems).Any(rule => Covers(rule, action)) ? null
            : problems.Count > 0 ? $": RBAC: {(problems.Count == 1 ? problems[0] : $"[{string.Join(", ", problems)}]")}" : "";
    }

    /// <summary>Throws 403, in the server's words, unless the request is allowed.</summary>
    public void Demand(FakeRequest request, string? verb = null)
    {
        if (request.IsResource)
        {
            var action = new FakeAction(verb ?? request.Verb, request.Group, request.ResourceAndSubresource, request.Namespace, request.Verb == "create" && request.Subresource.Length == 0 ? "" : request.Name);
            if (Refusal(request.User, action) is { } why)
                throw FakeStatusException.Forbidden(request.Qualified, request.Group, request.Plural, action.Name, Words(request.User, action) + why);
        }
        else if (!(request.Path is "/healthz" or "/livez" or "/readyz" or "/version" || request.User != FakeUser.Anonymous && (request.Path.StartsWith("/api", StringComparison.Ordinal) || request.Path == "/"))
            && !RulesOf(request.User, "", []).Any(rule => Has(rule, "verbs", request.Verb, "*") && Texts(rule, "nonResourceURLs").Any(url => url == request.Path || url.EndsWith('*') && request.Path.StartsWith(url[..^1], StringComparison.Ordinal))))
            throw new FakeStatusException(403, "Forbidden", $"forbidden: User \"{request.User.Name}\" cannot {request.Verb} path \"{request.Path}\"", new JsonObject());
    }

    /// <summary>The rules that the user lacks of those that he wants to grant.</summary>
    public IReadOnlyList<JsonNode> Lacking(FakeUser user, string @namespace, IEnumerable<JsonNode?> rules)
    {
        var held = RulesOf(user, @namespace, []).ToList();
        return [.. rules.OfType<JsonNode>().Where(rule => !Actions(rule, @namespace).All(action => held.Any(mine => Covers(mine, action))))];
    }

    public IEnumerable<JsonNode?> RulesOfRole(string kind, string @namespace, string name) =>
        storage.Get(FakeKey.Of(kinds[kind == "Role" ? "roles" : "clusterroles"], @namespace, name))?.Item["rules"] as JsonArray ?? [];

    static string Words(FakeUser user, FakeAction action) =>
        $"User \"{user.Name}\" cannot {action.Verb} resource \"{action.Resource}\" in API group \"{action.Group}\" "
        + (action.Namespace.Length > 0 ? $"in the namespace \"{action.Namespace}\"" : "at the cluster scope");

    IEnumerable<JsonNode> RulesOf(FakeUser user, string @namespace, List<string> problems)
    {
        if (user.Groups.Contains("system:masters"))
        {
            yield return Everything;
            yield break;
        }
        if (user.Groups.Contains("system:authenticated"))
            yield return OneSelf;
        var bindings = storage.List(kinds["clusterrolebindings"], "")!.Value.Items.Select(binding => (binding, Inside: ""));
        if (@namespace.Length > 0)
            bindings = bindings.Concat(storage.List(kinds["rolebindings"], @namespace)!.Value.Items.Select(binding => (binding, Inside: @namespace)));
        foreach (var (binding, inside) in bindings)
        {
            if (!(binding.Item["subjects"] as JsonArray ?? []).Any(subject => Names(subject!, user, inside)))
                continue;
            var (kind, name) = ((string)binding.Item["roleRef"]!["kind"]!, (string)binding.Item["roleRef"]!["name"]!);
            if (storage.Get(FakeKey.Of(kinds[kind == "Role" ? "roles" : "clusterroles"], inside, name)) is null)
                problems.Add($"{kind.ToLowerInvariant()}.rbac.authorization.k8s.io \"{name}\" not found");
            foreach (var rule in RulesOfRole(kind, inside, name))
                yield return rule!;
        }
    }

    static bool Names(JsonNode subject, FakeUser user, string bindingNamespace)
    {
        var name = (string)subject["name"]!;
        return (string)subject["kind"]! switch
        {
            "User" => name == user.Name,
            "Group" => user.Groups.Contains(name),
            "ServiceAccount" => user.Name == $"system:serviceaccount:{(string?)subject["namespace"] ?? bindingNamespace}:{name}",
            _ => false,
        };
    }

    static bool Covers(JsonNode rule, FakeAction action) =>
        Has(rule, "verbs", action.Verb, "*") && Has(rule, "apiGroups", action.Group, "*") && CoversResource(rule, action.Resource)
        && (Texts(rule, "resourceNames") is var names && !names.Any() || names.Contains(action.Name));

    static bool CoversResource(JsonNode rule, string resource) => Texts(rule, "resources").Any(given =>
        given == "*" || given == resource || given.StartsWith("*/", StringComparison.Ordinal) && resource.EndsWith(given[1..], StringComparison.Ordinal));

    static IEnumerable<FakeAction> Actions(JsonNode rule, string @namespace) =>
        from verb in Texts(rule, "verbs")
        from resource in Texts(rule, "resources")
        from @group in Texts(rule, "apiGroups")
        from name in Texts(rule, "resourceNames").DefaultIfEmpty("")
        select new FakeAction(verb, @group, resource, @namespace, name);

    static bool Has(JsonNode rule, string list, params ReadOnlySpan<string> any)
    {
        foreach (var text in any)
        {
            if (Texts(rule, list).Contains(text))
                return true;
        }
        return false;
    }

    static IEnumerable<string> Texts(JsonNode rule, string list) => (rule[list] as JsonArray ?? []).Select(text => (string)text!);

    static readonly JsonNode Everything = JsonNode.Parse("""{"verbs":["*"],"apiGroups":["*"],"resources":["*"],"nonResourceURLs":["*"]}""")!;

    // What system:basic-user grants to everyone who is known.
    static readonly JsonNode OneSelf = JsonNode.Parse("""{"verbs":["create"],"apiGroups":["authorization.k8s.io"],"resources":["selfsubjectaccessreviews"]}""")!;
}
