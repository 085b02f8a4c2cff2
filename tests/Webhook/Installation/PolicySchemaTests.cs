using System.Collections;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using BackupRunner.Policy;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook;

/// <summary>The schema of BackupPolicy and the parser of policies say the same.</summary>
public sealed partial class PolicySchemaTests
{
    static readonly JsonObject Version = (JsonObject)Rendered.One("CustomResourceDefinition", "backuppolicies.backup.middleware.io")["spec"]!["versions"]![0]!;

    static readonly JsonObject Spec = (JsonObject)Version["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!;

    static readonly FakeKind Kind = FakeCustomResource.Kinds(Rendered.One("CustomResourceDefinition", "backuppolicies.backup.middleware.io")).Single();

    [Fact]
    public void Every_key_of_the_schema_is_one_of_the_parser() => Assert.All(Leaves(Spec, []), path =>
    {
        // A value of the wrong kind, so that the only question is whether the key is known.
        var document = path.Reverse().Aggregate("[[]]", (inner, key) => $"{{{key}: {inner}}}");
        var problems = Assert.Throws<PolicyException>(() => PolicyDocument.Parse($"backup: {document}")).Problems;
        Assert.DoesNotContain(problems, problem => problem.Message.Contains("unknown key", StringComparison.Ordinal));
    });

    [Fact]
    public void Every_key_of_the_parser_is_one_of_the_schema()
    {
        var known = Leaves(Spec, []).Select(path => string.Join('.', path)).ToHashSet();
        // Read only to be refused.
        Assert.Equal(known.Order(), Keys(typeof(BackupPolicy), "").Append("settings.volumeAccess.readOnly").Order());
    }

    [Fact]
    public void Every_key_is_described_and_has_no_default() => Assert.All(Nodes(Spec), node =>
    {
        Assert.True(node["description"] is not null || node.Parent is JsonObject { Parent: null } || node.GetPath().EndsWith(".items", StringComparison.Ordinal), node.GetPath());
        Assert.Null(node["default"]);
    });

    [Fact]
    public void Every_mapping_keeps_unknown_keys_for_the_webhook_to_refuse() =>
        Assert.All(Nodes(Spec).Where(node => (string?)node["type"] == "object"), node => Assert.True((bool?)node["x-kubernetes-preserve-unknown-fields"], node.GetPath()));

    [Fact]
    public void Every_policy_of_the_documents_and_examples_fits()
    {
        var policies = Policies().ToList();
        Assert.True(policies.Count > 10, $"{policies.Count}");
        Assert.All(policies, policy => Assert.Empty(Problems(policy.Body)));
    }

    [Fact]
    public async Task A_mistyped_key_reaches_the_webhook()
    {
        await using var api = await FakeKubeApi.Start(TestContext.Current.CancellationToken);
        using var admin = new FakeCaller(api, api.AdminToken);
        Assert.Equal((201, ""), await Rendered.Create(api, admin, Rendered.One("CustomResourceDefinition", "backuppolicies.backup.middleware.io")));
        var policy = Yaml.Documents("{apiVersion: backup.middleware.io/v1, kind: BackupPolicy, metadata: {name: p, namespace: default}, spec: {storage: {provider: file, path: /b, prefx: x}, retenton: {keepCount: 3}}}").Single();
        Assert.Equal((201, ""), await Rendered.Create(api, admin, policy));
        var stored = api.Cluster.Get("backuppolicies", "default", "p")!.Item["spec"]!;
        Assert.Equal(("x", 3), ((string?)stored["storage"]!["prefx"], (int)stored["retenton"]!["keepCount"]!));
    }

    [Theory]
    [InlineData("{}", "spec.storage")]
    [InlineData("{storage: {bucket: b}}", "spec.storage.provider")]
    [InlineData("{storage: {provider: s4}}", "spec.storage.provider")]
    [InlineData("{storage: {provider: s3, bucket: b}}", "needs bucket and region")]
    [InlineData("{storage: {provider: gcs, bucket: b}}", "needs bucket and project")]
    [InlineData("{storage: {provider: azure, account: b}}", "needs container and account")]
    [InlineData("{storage: {provider: minio, bucket: b}}", "needs bucket and endpoint")]
    [InlineData("{storage: {provider: file, prefix: b}}", "needs path")]
    [InlineData("{storage: {provider: s3, bucket: b, region: r, kmsKeyId: k}}", "kmsKeyId needs sse")]
    [InlineData("{storage: {provider: file, path: b, secretRef: {namespace: n}}}", "spec.storage.secretRef.name")]
    [InlineData("{storage: {provider: file, path: b}, retention: {keepCount: 0}}", "spec.retention.keepCount")]
    [InlineData("{storage: {provider: file, path: b}, retention: {keepCount: \"3\"}}", "spec.retention.keepCount")]
    [InlineData("{storage: {provider: file, path: b}, retention: {remoteRetention: 30}}", "spec.retention.remoteRetention")]
    [InlineData("{storage: {provider: file, path: b}, retention: {remoteRetention: 0d}}", "spec.retention.remoteRetention")]
    [InlineData("{storage: {provider: file, path: b}, retention: {remoteRetention: 1 d}}", "spec.retention.remoteRetention")]
    [InlineData("{storage: {provider: file, path: b}, schedule: {cron: \"@every 1h\"}}", "spec.schedule.cron")]
    [InlineData("{storage: {provider: file, path: b}, schedule: {cron: \"0 2 * *\"}}", "spec.schedule.cron")]
    [InlineData("{storage: {provider: file, path: b}, settings: {archive: {compressionLevel: 10}}}", "spec.settings.archive.compressionLevel")]
    [InlineData("{storage: {provider: file, path: b}, settings: {volumeAccess: {readOnly: false}}}", "never mounts the volume writable")]
    [InlineData("{storage: {provider: file, path: b}, settings: {consistency: {enabled: true}}}", "needs command or freeze")]
    [InlineData("{storage: {provider: file, path: b}, settings: {consistency: {waitCommand: w}}}", "waits for nothing")]
    [InlineData("{storage: {provider: file, path: b}, settings: {consistency: {freeze: {command: c}}}}", "freeze needs command and thaw, or hold")]
    [InlineData("{storage: {provider: file, path: b}, settings: {consistency: {freeze: {hold: h, thaw: t}}}}", "closing a hold is its thaw")]
    [InlineData("{storage: {provider: file, path: b}, settings: {encryption: {enabled: true}}}", "encryption needs keySecretRef")]
    [InlineData("{storage: {provider: file, path: b}, settings: {encryption: {keySecretRef: {name: k}, autoGenerated: {enabled: true, secretRef: {name: k}}}}}", "are both set")]
    [InlineData("{storage: {provider: file, path: b}, settings: {encryption: {autoGenerated: {enabled: true}}}}", "needs secretRef.name")]
    [InlineData("{storage: {provider: file, path: b}, restore: {owner: root}}", "spec.restore.owner")]
    [InlineData("{storage: {provider: file, path: b}, commands: {runIn: pod}}", "spec.commands.runIn")]
    [InlineData("{storage: {provider: file, path: b}, verification: {mode: full}}", "spec.verification.schedule")]
    [InlineData("{storage: {provider: file, path: b}, verification: {schedule: \"@every 1h\"}}", "spec.verification.schedule")]
    [InlineData("{storage: {provider: file, path: b}, verification: {schedule: \"@daily\", mode: half}}", "spec.verification.mode")]
    [InlineData("{storage: {provider: file, path: b}, verification: {schedule: \"@daily\", command: c}}", "command needs mode: full")]
    public void Refuses_what_the_parser_refuses_too(string spec, string said)
    {
        var body = Yaml.Documents(spec).Single();
        Assert.Contains(Problems(body), problem => problem.Field.Contains(said, StringComparison.Ordinal) || problem.Message.Contains(said, StringComparison.Ordinal));
        Assert.NotEmpty(Parsed(body));
    }

    static IReadOnlyList<FakeCause> Problems(JsonNode body) =>
        FakeCustomResource.Problems(Kind, new JsonObject { ["apiVersion"] = Kind.ApiVersion, ["kind"] = Kind.Kind, ["metadata"] = new JsonObject { ["name"] = "p" }, ["spec"] = JsonNode.Parse(body.ToJsonString()) });

    static IReadOnlyList<string> Parsed(JsonNode body)
    {
        try
        {
            return [.. PolicyCompleteness.Problems(PolicyDocument.Parse(new JsonObject { ["backup"] = body.DeepClone() }.ToJsonString()).Policy).Select(problem => problem.Message)];
        }
        catch (PolicyException refused)
        {
            return [.. refused.Problems.Select(problem => problem.Message)];
        }
    }

    /// <summary>Whole ones only, as a BackupPolicy holds one.</summary>
    static IEnumerable<(string File, JsonNode Body)> Policies()
    {
        foreach (var file in Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(Repository.PathOf("manifests"), "*.md", SearchOption.AllDirectories)).Append(Repository.PathOf("README.md")))
        {
            foreach (Match block in Block().Matches(File.ReadAllText(file)))
            {
                foreach (var body in Whole(block.Groups[1].Value))
                    yield return (file, body);
            }
        }
        foreach (var file in Directory.EnumerateFiles(Repository.PathOf("manifests/examples"), "*.yaml", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(Repository.PathOf("tests/Policy/data"), "*.yaml")))
        {
            foreach (var body in Whole(File.ReadAllText(file)))
                yield return (file, body);
        }
    }

    static IEnumerable<JsonNode> Whole(string text)
    {
        foreach (var document in Documents(text))
        {
            var policy = document["backup"] is JsonObject ? document
                : (string?)document["kind"] == "BackupPolicy" ? new JsonObject { ["backup"] = document["spec"]!.DeepClone() }
                : (string?)document["kind"] == "ConfigMap" && (string?)document["data"]?["policy.yaml"] is { } inner ? Yaml.Documents(inner).Single() : null;
            if (policy is not null && Parsed(policy["backup"]!).Count == 0)
                yield return policy["backup"]!;
        }
    }

    static IReadOnlyList<JsonObject> Documents(string text)
    {
        try
        {
            return Yaml.Documents(text);
        }
        catch (YamlDotNet.Core.YamlException)
        {
            // Pages also show the same key several times, as alternatives, and what is refused.
            return [];
        }
    }

    static IEnumerable<IReadOnlyList<string>> Leaves(JsonObject schema, IReadOnlyList<string> path) => schema["properties"] is JsonObject properties
        ? properties.SelectMany(property => Leaves((JsonObject)property.Value!, [.. path, property.Key]))
        : [path];

    static IEnumerable<JsonObject> Nodes(JsonObject schema) => ((schema["properties"] as JsonObject)?.Select(property => property.Value) ?? [])
        .Append(schema["items"]).OfType<JsonObject>().SelectMany(Nodes).Prepend(schema);

    // The records of the policy have the names of its keys.
    static IEnumerable<string> Keys(Type type, string path)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            var key = path + char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
            var of = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            var section = of.Namespace == typeof(BackupPolicy).Namespace && of.IsClass && !typeof(IEnumerable).IsAssignableFrom(of) && of != typeof(NumericOwner) && of != typeof(RecoveryPublicKey);
            foreach (var inner in section ? Keys(of, key + ".") : [key])
                yield return inner;
        }
    }

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
