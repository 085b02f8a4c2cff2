using System.Text.Json.Nodes;
using BackupRunner.Reports;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Restores;

namespace BackupRunner.Tests.Webhook;

/// <summary>What the API server itself refuses of a Restore.</summary>
public sealed class RestoreSchemaTests
{
    static readonly JsonObject Definition = Rendered.One("CustomResourceDefinition", "restores.backup.middleware.io");

    static readonly JsonObject Schema = (JsonObject)Definition["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!;

    static readonly FakeKind Kind = FakeCustomResource.Kinds(Definition).Single();

    [Theory]
    [InlineData("{backup: nightly-1}")]
    [InlineData("{backup: nightly-1, claim: data-redis-0, target: {claim: data-redis-1, allowOther: true}}")]
    [InlineData("{workload: {name: redis}, latest: true}")]
    [InlineData("{workload: {kind: Deployment, name: web}, before: '2026-11-22T02:00:00Z', fromCluster: old}")]
    [InlineData("{workload: {name: redis}, id: 20261122t020000z-k3x7qa, target: {workload: {name: other}, claim: c, allowOther: true}}")]
    public void Takes(string spec) => Assert.Empty(Problems(spec));

    [Theory]
    [InlineData("{}", "exactly one of backup and workload")]
    [InlineData("{backup: b, workload: {name: redis}, latest: true}", "exactly one of backup and workload")]
    [InlineData("{workload: {name: redis}}", "exactly one of id, before and latest: true")]
    [InlineData("{workload: {name: redis}, latest: true, before: '2026-11-22T02:00:00Z'}", "exactly one of id, before and latest: true")]
    [InlineData("{workload: {name: redis}, latest: false}", "spec.latest")]
    [InlineData("{backup: b, latest: true}", "go with workload")]
    [InlineData("{backup: b, fromCluster: old}", "fromCluster goes with workload")]
    [InlineData("{workload: {name: redis}, latest: true, target: {claim: c, allowOther: true}}", "allowOther needs a backup that is named")]
    [InlineData("{workload: {name: redis}, id: yesterday}", "spec.id")]
    [InlineData("{workload: {name: redis}, before: yesterday}", "spec.before")]
    [InlineData("{workload: {kind: DaemonSet, name: redis}, latest: true}", "spec.workload.kind")]
    [InlineData("{workload: {kind: StatefulSet}, latest: true}", "spec.workload.name")]
    public void Refuses(string spec, string said) =>
        Assert.Contains(Problems(spec), problem => problem.Field.Contains(said, StringComparison.Ordinal) || problem.Message.Contains(said, StringComparison.Ordinal));

    [Fact]
    public void A_spec_cannot_be_changed()
    {
        var (old, now) = (Restore("{backup: a}"), Restore("{backup: b}"));
        Assert.Contains("make another Restore", Assert.Single(FakeCustomResource.Problems(Kind, now, old)).Message, StringComparison.Ordinal);
        Assert.Empty(FakeCustomResource.Problems(Kind, old, old));
    }

    [Fact]
    public void Every_field_is_described_and_every_text_of_the_spec_has_a_bound() => Assert.All(Nodes((JsonObject)Schema["properties"]!["spec"]!), node =>
    {
        Assert.NotNull(node["description"]);
        Assert.True((string?)node["type"] != "string" || node["maxLength"] is not null, node.GetPath());
    });

    [Fact]
    public void The_words_of_the_status_are_those_of_the_program()
    {
        var status = Schema["properties"]!["status"]!["properties"]!;
        Assert.Equal(Enum.GetNames<RestorePhase>(), Words(status["phase"]!));
        Assert.Equal(Enum.GetNames<DataState>(), Words(status["dataState"]!));
    }

    static IEnumerable<string> Words(JsonNode of) => ((JsonArray)of["enum"]!).Select(word => (string)word!);

    static IReadOnlyList<FakeCause> Problems(string spec) => FakeCustomResource.Problems(Kind, Restore(spec));

    static JsonObject Restore(string spec)
    {
        var item = new JsonObject { ["apiVersion"] = Kind.ApiVersion, ["kind"] = Kind.Kind, ["metadata"] = new JsonObject { ["name"] = "r" }, ["spec"] = Yaml.Documents(spec).Single() };
        FakeDefaults.Set(Kind, item);
        return item;
    }

    static IEnumerable<JsonObject> Nodes(JsonObject schema) => ((schema["properties"] as JsonObject)?.Select(property => property.Value) ?? []).OfType<JsonObject>().SelectMany(Nodes).Prepend(schema);
}
