using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>What kubectl asks first: which groups, versions and kinds there are. The aggregated form of later versions is not done; kubectl then asks for this one.</summary>
static class FakeDiscovery
{
    /// <returns>Null: the path is none of discovery's.</returns>
    public static JsonObject? Answer(FakeKinds kinds, string path) => path.Trim('/').Split('/') switch
    {
        ["api"] => new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1"), ["serverAddressByClientCIDRs"] = new JsonArray() },
        ["apis"] => new JsonObject
        {
            ["kind"] = "APIGroupList",
            ["apiVersion"] = "v1",
            ["groups"] = new JsonArray([.. kinds.All.Where(kind => kind.Group.Length > 0).Select(kind => (kind.Group, kind.Version)).Distinct().Order().Select(one => Group(one.Group, one.Version))]),
        },
        ["api", "v1"] => Resources(kinds, "", "v1"),
        ["apis", var group, var version] when kinds.All.Any(kind => kind.Group == group && kind.Version == version) => Resources(kinds, group, version),
        _ => null,
    };

    static JsonNode Group(string name, string version)
    {
        JsonObject Version() => new() { ["groupVersion"] = $"{name}/{version}", ["version"] = version };
        return new JsonObject { ["name"] = name, ["versions"] = new JsonArray(Version()), ["preferredVersion"] = Version() };
    }

    static JsonObject Resources(FakeKinds kinds, string group, string version) => new()
    {
        ["kind"] = "APIResourceList",
        ["apiVersion"] = "v1",
        ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
        ["resources"] = new JsonArray([.. kinds.All.Where(kind => kind.Group == group && kind.Version == version).OrderBy(kind => kind.Plural, StringComparer.Ordinal).SelectMany(Resource)]),
    };

    static IEnumerable<JsonNode> Resource(FakeKind kind)
    {
        var resource = new JsonObject
        {
            ["name"] = kind.Plural,
            ["singularName"] = (string?)kind.Names?["singular"] ?? kind.Kind.ToLowerInvariant(),
            ["namespaced"] = kind.Namespaced,
            ["kind"] = kind.Kind,
            ["verbs"] = kind.IsReview ? new JsonArray("create") : new JsonArray("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"),
        };
        foreach (var list in (string[])["shortNames", "categories"])
        {
            if (kind.Names?[list] is { } given)
                resource[list] = given.DeepClone();
        }
        yield return resource;
        if (kind.HasStatus)
            yield return new JsonObject { ["name"] = kind.Plural + "/status", ["singularName"] = "", ["namespaced"] = kind.Namespaced, ["kind"] = kind.Kind, ["verbs"] = new JsonArray("get", "patch", "update") };
    }
}
