using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook;

/// <summary>Restores with the real webhook, the real runner, a real Redis and a real store.</summary>
public sealed class RestoreFlowTests
{
    const string Space = ProtectedRedis.Space;
    const string Restores = $"/apis/backup.middleware.io/v1/namespaces/{Space}/restores";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restore_brings_the_old_value_back_and_into_another_claim_only_when_that_is_allowed()
    {
        await using var shop = await Protected();
        await shop.Redis("redis-0", "SET", "key", "zero");
        await shop.Redis("redis-1", "SET", "key", "one");
        var id = shop.IdOf((await shop.BackUp("backup-redis-data-redis-0", "now-0")).Succeeded());
        await shop.Redis("redis-0", "FLUSHALL");
        await shop.Redis("redis-0", "SAVE");

        await shop.Webhook.Create(Restore("back", "{workload: {name: redis}, claim: data-redis-0, latest: true}"));
        await Until(shop, "back", "Succeeded");
        Assert.Equal(("Restored", id, "0"), (Status(shop, "back", "dataState"), Status(shop, "back", "backup"), Status(shop, "back", "exitCode")));
        Assert.Contains($"holds the data of backup {id}", Status(shop, "back", "dataMessage"), StringComparison.Ordinal);
        await shop.UntilReady(2);
        Assert.Equal("zero", await shop.Redis("redis-0", "GET", "key"));
        Assert.Equal("one", await shop.Redis("redis-1", "GET", "key"));

        // The backup that was made by hand is in the catalogue; its data is another claim's.
        var record = ClusterNames.OfRecord("statefulset", "redis", "data-redis-0", BackupId.Parse(id)!);
        await shop.Cluster.Until(() => (string?)shop.Api.Cluster.Get("backups", Space, record)?.Item["status"]?["phase"] == "Succeeded", $"Backup {record}", Cancel);
        var refused = await shop.Webhook.Call("POST", Restores, Restore("over", $"{{backup: {record}, target: {{claim: data-redis-1}}}}"));
        Assert.Equal(422, refused.Status);
        Assert.Contains("set allowOther: true", refused.Message, StringComparison.Ordinal);
        await shop.Webhook.Create(Restore("over", $"{{backup: {record}, target: {{claim: data-redis-1, allowOther: true}}}}"));
        await Until(shop, "over", "Succeeded");
        await shop.UntilReady(2);
        Assert.Equal("zero", await shop.Redis("redis-1", "GET", "key"));
        Assert.Equal(("data-redis-1", id), (Status(shop, "over", "claim"), Status(shop, "over", "backup")));
        Assert.DoesNotContain(shop.Webhook.Calls, call => call.Status is 401 or 403);
    }

    [Fact]
    public async Task A_restore_that_fails_or_is_deleted_half_way_leaves_redis_with_its_old_data_and_says_so()
    {
        await using var shop = await Protected();
        await shop.Redis("redis-0", "SET", "key", "zero");
        var id = shop.IdOf((await shop.BackUp("backup-redis-data-redis-0", "now-0")).Succeeded());
        await shop.Redis("redis-0", "SET", "key", "later");

        // Deleted while redis is stopped, and nothing is swapped yet.
        var held = HoldWhileStopped(shop);
        await shop.Webhook.Create(Restore("half", "{workload: {name: redis}, claim: data-redis-0, latest: true}"));
        await held.WaitAsync(TimeSpan.FromMinutes(3), Cancel);
        await Until(shop, "half", "Staging");
        Assert.Equal(200, (await shop.Webhook.Call("DELETE", Restores + "/half")).Status);
        await shop.Cluster.Until(() => shop.Api.Cluster.Get("restores", Space, "half") is null, "the restore is gone", Cancel);
        Assert.Null(shop.Api.Cluster.Get("leases", Space, "restore-statefulset-redis")!.Item["metadata"]!["annotations"]?[LeaseNotes.Replicas]);
        await shop.UntilReady(2);
        Assert.Equal("later", await shop.Redis("redis-0", "GET", "key"));

        // What is stored is damaged.
        await shop.Corrupt(id);
        await shop.Webhook.Create(Restore("damaged", $"{{workload: {{name: redis}}, claim: data-redis-0, id: {id}}}"));
        await Until(shop, "damaged", "Failed");
        Assert.Equal(("Untouched", "5"), (Status(shop, "damaged", "dataState"), Status(shop, "damaged", "exitCode")));
        Assert.Contains("nothing of it was touched", Status(shop, "damaged", "dataMessage"), StringComparison.Ordinal);
        await shop.UntilReady(2);
        Assert.Equal("later", await shop.Redis("redis-0", "GET", "key"));
    }

    static async Task<ProtectedRedis> Protected()
    {
        var shop = await ProtectedRedis.Start();
        Assert.Equal(200, (await shop.Annotate("nightly")).Status);
        await shop.UntilMade("leases", "backup-redis-data-redis-0", "backup-redis-data-redis-1", "restore-statefulset-redis");
        await shop.Cluster.Until(() => shop.Made("secrets").Count == 1, "the key's copy is there", Cancel);
        return shop;
    }

    /// <summary>Ends when the run has stopped redis, which then waits for an answer that never comes.</summary>
    static Task HoldWhileStopped(ProtectedRedis shop)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        shop.Api.Faults.Add(
            request =>
            {
                if (request.Method != "GET" || !request.Path.Value!.EndsWith("/statefulsets/redis", StringComparison.Ordinal) || shop.Api.Cluster.Get("pods", Space, "redis-0") is not null)
                    return false;
                reached.TrySetResult();
                return true;
            },
            new FakeFault.Hold(Task.Delay(Timeout.Infinite, Cancel)), times: 1);
        return reached.Task;
    }

    static JsonObject Restore(string name, string spec) => Yaml.Documents($"{{apiVersion: backup.middleware.io/v1, kind: Restore, metadata: {{name: {name}, namespace: {Space}}}, spec: {spec}}}").Single();

    static string? Status(ProtectedRedis shop, string name, string field) => shop.Api.Cluster.Get("restores", Space, name)?.Item["status"]?[field]?.ToString();

    static Task Until(ProtectedRedis shop, string name, string phase) => shop.Cluster.Until(
        () => Status(shop, name, "phase") is var now && now == phase || (now is "Failed" or "Succeeded" ? throw new InvalidOperationException(shop.Api.Cluster.Get("restores", Space, name)!.Item["status"]!.ToJsonString()) : false),
        $"Restore {name} is {phase}; it is {Status(shop, name, "phase")}", Cancel);
}
