using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Admission;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Restores;

namespace BackupRunner.Tests.Webhook;

/// <summary>Decisions about one cluster, without HTTP; and what they asked the API server.</summary>
sealed class Scene(ListedCluster cluster)
{
    public const string Redis = """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: redis, namespace: default, uid: 5a1b, labels: {app: redis}, annotations: {backup.middleware.io/policy: nightly}}
        spec:
          replicas: 1
          selector: {matchLabels: {app: redis}}
          template:
            metadata: {labels: {app: redis}}
            spec:
              containers:
                - {name: redis, image: "redis:7", volumeMounts: [{name: data, mountPath: /data}]}
          volumeClaimTemplates:
            - {metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
        """;

    public const string Nightly = """
        apiVersion: backup.middleware.io/v1
        kind: BackupPolicy
        metadata: {name: nightly, namespace: default}
        spec:
          storage: {provider: s3, bucket: b, region: eu-west-1}
        """;

    public static readonly Installation Defaults = new("backup-runner:0.1.0", "a-cluster");

    readonly ConcurrentQueue<SubjectAccessReview> asked = new();

    public static Scene WithRedis => new(new ListedCluster().With(Redis).With(Nightly));

    /// <summary>What the API server says of a question; by default the user may do all.</summary>
    public Func<SubjectAccessReview, CancellationToken, Task<bool>> IsAllowed { get; set; } = (_, _) => Task.FromResult(true);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Installation Installation { get; init; } = Defaults;

    public FindBackup Backups { get; init; } = (_, _) => null;

    /// <summary>As <c>get secrets vault/key</c>.</summary>
    public IReadOnlyList<string> Asked =>
        [.. asked.Select(review => review.Spec!.ResourceAttributes!).Select(on => $"{on.Verb} {on.Resource}{(on.Subresource is null ? "" : "/" + on.Subresource)} {on.Namespace}/{on.Name}")];

    public IReadOnlyList<AccessSpec> AskedFor => [.. asked.Select(review => review.Spec!)];

    public AdmissionDecisions Decisions => new(cluster, new AccessReviews((review, cancel) =>
    {
        asked.Enqueue(review);
        return IsAllowed(review, cancel);
    }, Time), Installation)
    { Backups = Backups };

    public static JsonObject Object(string yaml) => Yaml.Documents(yaml).Single();

    /// <summary>The object after <c>/mutate</c>, its answer, and the answer of <c>/validate</c> to that object.</summary>
    public async Task<(JsonObject Item, Seen Mutation, Seen Validation)> Apply(JsonObject? item, JsonObject? old = null, string? operation = null)
    {
        var mutation = await Ask("mutate", item, old, operation);
        if (!mutation.IsAllowed)
            return (item!, mutation, mutation);
        var changed = mutation.Patch is { } patch ? FakePatch.Operate(item!, (JsonArray)patch.DeepClone()) : item;
        return (changed!, mutation, await Ask("validate", changed, old, operation));
    }

    public async Task<Seen> Ask(string verb, JsonObject? item, JsonObject? old = null, string? operation = null)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var review = JsonDocument.Parse(Review.Of(item, old, operation).ToJsonString(), new JsonDocumentOptions { MaxDepth = AdmissionLimits.Depth });
        var request = AdmissionReviewReader.Read(review.RootElement).Request!;
        var reply = verb == "mutate" ? await Decisions.Mutate(request, cancel) : await Decisions.Validate(request, cancel);
        return Seen.Of(JsonNode.Parse(AdmissionReviewWriter.Write(request.Uid, reply).Span)!);
    }
}

/// <summary>An answer as the API server sees it.</summary>
sealed record Seen(string Uid, bool IsAllowed, int Code, string Message, IReadOnlyList<string> Warnings, JsonArray? Patch)
{
    public IReadOnlyList<string> Lines => Message.Split('\n');

    public static Seen Of(JsonNode review)
    {
        Assert.Equal(("AdmissionReview", "admission.k8s.io/v1"), ((string?)review["kind"], (string?)review["apiVersion"]));
        var response = review["response"]!;
        Assert.Equal(response["patch"] is null, response["patchType"] is null);
        return new((string)response["uid"]!, (bool)response["allowed"]!, (int?)response["status"]?["code"] ?? 0, (string?)response["status"]?["message"] ?? "",
            [.. (response["warnings"] as JsonArray ?? []).Select(warning => (string)warning!)],
            response["patch"] is { } patch ? (JsonArray)JsonNode.Parse(Encoding.UTF8.GetString(Convert.FromBase64String((string)patch!)))! : null);
    }
}

/// <summary>Reviews as the API server posts them.</summary>
static class Review
{
    public static JsonObject Of(JsonObject? item, JsonObject? old = null, string? operation = null, string user = "jane")
    {
        var subject = item ?? old!;
        var (group, version) = ((string)subject["apiVersion"]!).Split('/') is [var left, var right] ? (left, right) : ("", (string)subject["apiVersion"]!);
        var kind = (string)subject["kind"]!;
        var plural = kind == "BackupPolicy" ? "backuppolicies" : kind.ToLowerInvariant() + "s";
        return new JsonObject
        {
            ["kind"] = "AdmissionReview",
            ["apiVersion"] = "admission.k8s.io/v1",
            ["request"] = new JsonObject
            {
                ["uid"] = "705ab4f5-6393-11e8-b7cc-42010a800002",
                ["kind"] = new JsonObject { ["group"] = group, ["version"] = version, ["kind"] = kind },
                ["resource"] = new JsonObject { ["group"] = group, ["version"] = version, ["resource"] = plural },
                ["name"] = (string?)subject["metadata"]!["name"] ?? "",
                ["namespace"] = (string?)subject["metadata"]!["namespace"] ?? "default",
                ["operation"] = operation ?? (item is null ? "DELETE" : old is null ? "CREATE" : "UPDATE"),
                ["userInfo"] = new JsonObject
                {
                    ["username"] = user,
                    ["uid"] = "42",
                    ["groups"] = new JsonArray("developers", "system:authenticated"),
                    ["extra"] = new JsonObject { ["scopes.example.com/one"] = new JsonArray("a", "b") },
                },
                ["object"] = item?.DeepClone(),
                ["oldObject"] = old?.DeepClone(),
                ["dryRun"] = false,
            },
        };
    }
}
