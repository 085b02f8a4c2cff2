using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Webhook.Admission;

namespace BackupRunner.Tests.Webhook;

/// <summary>
/// Workloads as large as the API server takes them, written to make us work. Work is counted by what is allocated, which no busy machine changes: every comparison of words and
/// every message allocates.
/// </summary>
public sealed class HostileWorkloadTests
{
    const string Claims = "backup.middleware.io/claims";
    const long Bound = 64 << 20;

    [Theory]
    [InlineData("mutate")]
    [InlineData("validate")]
    public async Task A_list_of_claims_that_are_all_wrong(string verb)
    {
        var item = Web(2000);
        item["metadata"]!["annotations"]![Claims] = string.Join(',', Enumerable.Range(0, 43_000).Select(number => $"x{number:x4}"));
        var (answer, allocated) = await Ask(verb, item);
        Assert.InRange(allocated, 0, Bound);
        Assert.InRange(answer.Length, 0, 16 << 10);
        if (verb == "mutate")
            return;
        Assert.Contains("has 2000 volumes of claims, of which only the first 1000 are looked at", answer, StringComparison.Ordinal);
        Assert.Contains("names \\\"x0000\\\", which is no volume of a claim", answer, StringComparison.Ordinal);
        Assert.Contains("names 42980 more that are no volume of a claim", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_list_of_claims_is_answered_with_twenty_names()
    {
        var item = Web(900);
        item["metadata"]!["annotations"]![Claims] = ",";
        var (answer, _) = await Ask("validate", item);
        Assert.Contains("\\\"d19\\\" and 880 more, or remove it for all of them", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mutate")]
    [InlineData("validate")]
    public async Task As_many_mounts_of_one_claim_as_fit(string verb)
    {
        var item = Web(1);
        var pod = item["spec"]!["template"]!["spec"]!;
        pod["volumes"] = new JsonArray([.. Enumerable.Range(0, 20_000).Select(number => Volume($"v{number}", "one"))]);
        pod["containers"]![0]!["volumeMounts"] = new JsonArray([.. Enumerable.Range(0, 20_000).Select(number => new JsonObject { ["name"] = $"v{number}", ["mountPath"] = "/d", ["subPath"] = $"p{number}" })]);
        var (answer, allocated) = await Ask(verb, item);
        Assert.InRange(allocated, 0, Bound);
        Assert.InRange(answer.Length, 0, 16 << 10);
    }

    [Theory]
    [InlineData("mutate")]
    [InlineData("validate")]
    public async Task A_name_that_is_as_long_as_an_object_and_stands_in_a_thousand_messages(string verb)
    {
        var item = Web(900);
        var container = item["spec"]!["template"]!["spec"]!["containers"]![0]!;
        (container["volumeDevices"], container["volumeMounts"]) = (container["volumeMounts"]!.DeepClone(), null);
        container["name"] = new string('c', 1 << 20);
        var (_, allocated) = await Ask(verb, item);
        Assert.InRange(allocated, 0, Bound);
    }

    [Fact]
    public async Task A_set_of_a_thousand_templates_and_as_many_replicas()
    {
        var item = Scene.Object(Scene.Redis);
        item["spec"]!["replicas"] = int.MaxValue;
        item["spec"]!["volumeClaimTemplates"] = new JsonArray([.. Enumerable.Range(0, 1000).Select(number => new JsonObject { ["metadata"] = new JsonObject { ["name"] = $"d{number}" } })]);
        item["spec"]!["template"]!["spec"]!["containers"]![0]!["volumeMounts"] = Mounts(1000);
        var (answer, allocated) = await Ask("validate", item);
        Assert.InRange(allocated, 0, Bound);
        Assert.Contains("claims or more, of which only the first 1000 are backed up", answer, StringComparison.Ordinal);
    }

    static async Task<(string Answer, long Allocated)> Ask(string verb, JsonObject item)
    {
        using var review = JsonDocument.Parse(Review.Of(item).ToJsonString());
        Assert.InRange(review.RootElement.GetRawText().Length, 0, AdmissionLimits.BodyBytes);
        var request = AdmissionReviewReader.Read(review.RootElement).Request!;
        var decisions = Scene.WithRedis.Decisions;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var deciding = verb == "mutate" ? decisions.Mutate(request, TestContext.Current.CancellationToken) : decisions.Validate(request, TestContext.Current.CancellationToken);
        // On this thread, all of it: a decision on a workload asks nobody.
        Assert.True(deciding.IsCompleted);
        var reply = await deciding;
        var answer = AdmissionReviewWriter.Write(request.Uid, reply);
        return (System.Text.Encoding.UTF8.GetString(answer.Span), GC.GetAllocatedBytesForCurrentThread() - before);
    }

    static JsonObject Web(int volumes)
    {
        var web = Scene.Object("""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web, namespace: default, annotations: {backup.middleware.io/policy: nightly}}
            spec:
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: web}]}
            """);
        var pod = web["spec"]!["template"]!["spec"]!;
        pod["containers"]![0]!["volumeMounts"] = Mounts(volumes);
        pod["volumes"] = new JsonArray([.. Enumerable.Range(0, volumes).Select(number => Volume($"d{number}", $"claim-{number}"))]);
        return web;
    }

    static JsonArray Mounts(int volumes) => new([.. Enumerable.Range(0, volumes).Select(number => new JsonObject { ["name"] = $"d{number}", ["mountPath"] = $"/d{number}" })]);

    static JsonObject Volume(string name, string claim) => new() { ["name"] = name, ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = claim } };
}
