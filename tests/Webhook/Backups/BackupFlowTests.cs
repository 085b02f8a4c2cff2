using System.Text.Json.Nodes;
using BackupRunner.Names;

namespace BackupRunner.Tests.Webhook;

/// <summary>The client's section 2: a user submits a Backup; with the real webhook, the real runner, a real Redis and a real store.</summary>
public sealed class BackupFlowTests
{
    const string Space = ProtectedRedis.Space;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static JsonObject Backup(string name, string? claim = null) => new()
    {
        ["apiVersion"] = "backup.middleware.io/v1",
        ["kind"] = "Backup",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Space },
        ["spec"] = claim is null ? new JsonObject { ["workload"] = new JsonObject { ["name"] = "redis" } } : new JsonObject { ["workload"] = new JsonObject { ["name"] = "redis" }, ["claim"] = claim },
    };

    static JsonObject? Found(ProtectedRedis shop, string name) => shop.Api.Cluster.Get("backups", Space, name)?.Item;

    static List<JsonObject> All(ProtectedRedis shop) => [.. shop.Api.Cluster.Storage.List(shop.Api.Cluster.Kinds["backups"], Space)!.Value.Items.Select(entry => entry.Item)];

    static string? Condition(JsonNode? item, string type) => (string?)(item?["status"]?["conditions"] as JsonArray)?.FirstOrDefault(one => (string?)one!["type"] == type)?["status"];

    [Fact]
    public async Task A_user_submits_a_Backup()
    {
        await using var shop = await ProtectedRedis.Start();
        Assert.Equal(200, (await shop.Annotate("nightly")).Status);
        await shop.UntilMade("cronjobs", "backup-redis-data-redis-0", "backup-redis-data-redis-1");
        await shop.Cluster.Until(() => shop.Made("secrets").Count == 1, "the key's copy is there", Cancel);
        Assert.Equal("OK", await shop.Redis("redis-0", "SET", "key", "zero"));

        // 2: the Backup is submitted, and every claim is backed up.
        await shop.Webhook.Create(Backup("before-upgrade"));
        await shop.Cluster.Until(() => Condition(Found(shop, "before-upgrade"), "Succeeded") == "True" || Condition(Found(shop, "before-upgrade"), "Failed") == "True", "the Backup ends", Cancel);
        var status = Found(shop, "before-upgrade")!["status"]!;
        Assert.True((string?)status["phase"] == "Succeeded", status.ToJsonString());
        var claims = status["claims"]!.AsArray();
        Assert.Equal(["data-redis-0", "data-redis-1"], claims.Select(claim => (string?)claim!["claim"]));
        Assert.All(claims, claim =>
        {
            Assert.NotNull(BackupId.Parse((string)claim!["id"]!));
            Assert.True((long)claim["storedBytes"]! > 0 && (long)claim["bytes"]! > 0 && (long)claim["files"]! > 0, claim.ToJsonString());
            Assert.Equal(0, (int)claim["exitCode"]!);
            Assert.NotNull((string?)claim["keyId"]);
        });
        Assert.NotNull((string?)status["duration"]);
        Assert.Contains(shop.Api.Cluster.Storage.List(shop.Api.Cluster.Kinds["events"], Space)!.Value.Items, one => (string?)one.Item["reason"] == "BackupSucceeded" && (string?)one.Item["involvedObject"]!["kind"] == "Backup");
        Assert.Contains(shop.Api.Cluster.Storage.List(shop.Api.Cluster.Kinds["events"], Space)!.Value.Items, one => (string?)one.Item["reason"] == "BackupSucceeded" && (string?)one.Item["involvedObject"]!["kind"] == "StatefulSet");

        // The middleware runs on, and the pods have done their work.
        Assert.Equal("zero", await shop.Redis("redis-0", "GET", "key"));
        Assert.DoesNotContain(shop.Api.Cluster.Storage.List(shop.Api.Cluster.Kinds["pods"], Space)!.Value.Items, pod => ((string)pod.Item["metadata"]!["name"]!).StartsWith("before-upgrade", StringComparison.Ordinal) && (string?)pod.Item["status"]?["phase"] == "Running");

        // One that a person makes with kubectl is in the catalogue, too, and none is there twice.
        var manual = (await shop.BackUp("backup-redis-data-redis-0", "now")).Succeeded();
        var record = ClusterNames.OfRecord(ClusterNames.StatefulSet, "redis", "data-redis-0", BackupId.Parse(shop.IdOf(manual))!);
        await shop.Cluster.Until(() => Condition(Found(shop, record), "Succeeded") == "True", "the manual backup is recorded", Cancel);
        Assert.Equal(2, All(shop).Count);
        Assert.Equal(shop.IdOf(manual), (string?)Found(shop, record)!["status"]!["id"]);

        // A Backup takes its Jobs along.
        Assert.Equal(200, (await shop.Webhook.Call("DELETE", $"/apis/backup.middleware.io/v1/namespaces/{Space}/backups/before-upgrade")).Status);
        await shop.Cluster.Until(() => !shop.Api.Cluster.Storage.List(shop.Api.Cluster.Kinds["jobs"], Space)!.Value.Items.Any(job => ((string)job.Item["metadata"]!["name"]!).StartsWith("before-upgrade", StringComparison.Ordinal)), "its Jobs go", Cancel);
        Assert.DoesNotContain(shop.Webhook.Calls, call => call.Status is 401 or 403);
    }
}
