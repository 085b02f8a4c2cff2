using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Tests.Webhook;

/// <summary>A cluster of what a test puts into it, read as the webhook reads it; or of what a fake server holds at the moment.</summary>
sealed class ListedCluster(FakeKubeApi? api = null) : IClusterView
{
    static readonly string[] Plurals = ["statefulsets", "deployments", "persistentvolumeclaims", "backuppolicies"];
    readonly Dictionary<(string Plural, string Namespace, string Name), string> items = [];

    /// <summary>YAML or JSON, several documents.</summary>
    public ListedCluster With(string documents)
    {
        foreach (var item in Yaml.Documents(documents))
        {
            item["metadata"]!["namespace"] ??= "default";
            var plural = ((string)item["kind"]!).ToLowerInvariant() switch { "backuppolicy" => "backuppolicies", var kind => kind + "s" };
            Assert.Contains(plural, Plurals);
            items[(plural, (string)item["metadata"]!["namespace"]!, (string)item["metadata"]!["name"]!)] = item.ToJsonString();
        }
        return this;
    }

    public ProtectedWorkload? Workload(WorkloadId id) => Item($"{id.Kind}s", id.Namespace, id.Name) is { } text ? WorkloadReader.Read(id.Kind, Element(text)) : null;

    public PolicyObject? Policy(string @namespace, string name) => Item("backuppolicies", @namespace, name) is { } text ? PolicyObjectReader.Read(Element(text)) : null;

    public VolumeClaim? Claim(string @namespace, string name) => Claims(@namespace).FirstOrDefault(claim => claim.Name == name);

    public IEnumerable<VolumeClaim> Claims(string @namespace) =>
        All("persistentvolumeclaims").Select(text => ClaimReader.Read(JsonSerializer.Deserialize(text, KubeJson.Default.KubeObject)!)).Where(claim => claim.Namespace == @namespace);

    public IEnumerable<ProtectedWorkload> Protected() => new[] { "statefulset", "deployment" }
        .SelectMany(kind => All(kind + "s").Select(text => WorkloadReader.Read(kind, Element(text)))).Where(workload => workload.PolicyName is not null);

    string? Item(string plural, string @namespace, string name) =>
        api is null ? items.GetValueOrDefault((plural, @namespace, name)) : api.Cluster.Get(plural, @namespace, name)?.Item.ToJsonString();

    IEnumerable<string> All(string plural) => api is null ? items.Where(item => item.Key.Plural == plural).Select(item => item.Value)
        : api.Cluster.Storage.List(api.Cluster.Kinds[plural], "")!.Value.Items.Select(stored => stored.Item.ToJsonString());

    static JsonElement Element(string text) => JsonDocument.Parse(text).RootElement;
}
