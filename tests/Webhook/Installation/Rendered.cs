using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook;

/// <summary>The objects of manifests/, as <c>kubectl apply -k</c> has them.</summary>
static class Rendered
{
    /// <summary>As JSON that was read: numbers have no type of their own.</summary>
    public static IReadOnlyList<JsonObject> Manifests { get; } =
        [.. Yaml.Documents(Shell.Run("kubectl", "kustomize", Repository.PathOf("manifests"))).Select(item => (JsonObject)JsonNode.Parse(item.ToJsonString())!)];

    public static JsonObject One(string kind, string name) => Manifests.Single(item => (string)item["kind"]! == kind && (string)item["metadata"]!["name"]! == name);

    /// <summary>A cluster that they have been applied to, as strictly as the server can be.</summary>
    public static async Task<FakeKubeApi> Cluster(CancellationToken cancel)
    {
        var api = await FakeKubeApi.Start(cancel);
        using var admin = new FakeCaller(api, api.AdminToken);
        foreach (var item in Manifests)
            Assert.Equal((201, ""), await Create(api, admin, item));
        return api;
    }

    /// <summary>The status, and the message of a refusal.</summary>
    public static async Task<(int Status, string Message)> Create(FakeKubeApi api, FakeCaller by, JsonObject item)
    {
        var kind = api.Cluster.Kinds.ByKind((string)item["apiVersion"]!, (string)item["kind"]!) ?? throw new InvalidOperationException($"no kind {item["kind"]}");
        var root = kind.Group.Length == 0 ? $"/api/{kind.Version}" : $"/apis/{kind.Group}/{kind.Version}";
        var place = kind.Namespaced ? $"{root}/namespaces/{item["metadata"]!["namespace"]}" : root;
        var answer = await by.Call("POST", $"{place}/{kind.Plural}?fieldValidation=Strict", item.ToJsonString());
        return (answer.Status, answer.Status == 201 ? "" : answer.Message ?? answer.Text);
    }
}
