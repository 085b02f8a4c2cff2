using System.Text.Json.Nodes;
using BackupRunner.Names;

namespace BackupRunner.Tests.Webhook;

/// <summary>What a user does, from the installation to the restore, with the real webhook and the real runner.</summary>
public sealed class WebhookFlowTests
{
    [Fact]
    public async Task An_annotation_is_all_that_a_user_does()
    {
        await using var shop = await ProtectedRedis.Start();
        var template = shop.Api.Cluster.Get("statefulsets", ProtectedRedis.Space, "redis")!.Item["spec"]!.ToJsonString();

        // Protect it.
        var annotated = await shop.Annotate("nightly");
        Assert.True(annotated.Status == 200, annotated.Text);
        var metadata = annotated.Json["metadata"]!;
        Assert.Equal("true", (string?)metadata["labels"]![ClusterNames.ProtectedLabel]);
        Assert.Equal("data", (string?)metadata["annotations"]![ClusterNames.ClaimsAnnotation]);
        Assert.Equal(template, annotated.Json["spec"]!.ToJsonString());
        await shop.UntilMade("cronjobs", "backup-redis-data-redis-0", "backup-redis-data-redis-1");
        await shop.UntilMade("leases", "backup-redis-data-redis-0", "backup-redis-data-redis-1", "restore-statefulset-redis");
        await shop.Cluster.Until(() => shop.Made("secrets").Count == 1, "the key's copy is there", TestContext.Current.CancellationToken);

        // Back up now.
        Assert.Equal("OK", await shop.Redis("redis-0", "SET", "key", "zero"));
        Assert.Equal("OK", await shop.Redis("redis-1", "SET", "key", "one"));
        var zero = (await shop.BackUp("backup-redis-data-redis-0", "now-0")).Succeeded();
        var one = (await shop.BackUp("backup-redis-data-redis-1", "now-1")).Succeeded();

        // One more replica, one more CronJob.
        await shop.Scale(3);
        await shop.UntilMade("cronjobs", "backup-redis-data-redis-0", "backup-redis-data-redis-1", "backup-redis-data-redis-2");
        await shop.UntilReady(3);

        // The data is lost, and comes back, of the one claim alone.
        await shop.Redis("redis-0", "FLUSHALL");
        await shop.Redis("redis-1", "SET", "key", "later");
        await shop.Redis("redis-1", "SAVE");
        (await shop.Restore("restore-0", "data-redis-0", "latest")).Succeeded();
        await shop.UntilReady(3);
        Assert.Equal("zero", await shop.Redis("redis-0", "GET", "key"));
        Assert.Equal("later", await shop.Redis("redis-1", "GET", "key"));

        // A new key: the copy follows, and every backup still restores, the one of before by its id.
        await shop.RotateKey();
        await shop.Cluster.Until(() => (shop.Api.Cluster.Get("secrets", ProtectedRedis.Space, shop.Made("secrets")[0])!.Item["data"] as JsonObject)!.Count == 2, "the copy has both keys", TestContext.Current.CancellationToken);
        await shop.Redis("redis-0", "SET", "key", "new key");
        (await shop.BackUp("backup-redis-data-redis-0", "now-2")).Succeeded();
        (await shop.Restore("restore-1", "data-redis-1", shop.IdOf(one))).Succeeded();
        await shop.UntilReady(3);
        Assert.Equal("one", await shop.Redis("redis-1", "GET", "key"));
        (await shop.Restore("restore-old", "data-redis-0", shop.IdOf(zero))).Succeeded();
        await shop.UntilReady(3);
        Assert.Equal("zero", await shop.Redis("redis-0", "GET", "key"));
        (await shop.Restore("restore-new", "data-redis-0", "latest")).Succeeded();
        await shop.UntilReady(3);
        Assert.Equal("new key", await shop.Redis("redis-0", "GET", "key"));

        // No more protection: all of it goes, and the workload stays as it was.
        Assert.Equal(200, (await shop.Annotate(null)).Status);
        foreach (var kind in (string[])["cronjobs", "leases", "roles", "rolebindings", "serviceaccounts", "configmaps", "secrets"])
            await shop.UntilMade(kind);
        var left = shop.Api.Cluster.Get("statefulsets", ProtectedRedis.Space, "redis")!.Item["metadata"]!;
        Assert.Null(left["labels"]![ClusterNames.ProtectedLabel]);
        Assert.DoesNotContain(left["annotations"] as JsonObject ?? [], annotation => annotation.Key.StartsWith(ClusterNames.Domain, StringComparison.Ordinal));

        // No call was refused, and nothing secret was said.
        Assert.DoesNotContain(shop.Webhook.Calls, call => call.Status is 401 or 403);
        Assert.DoesNotContain(shop.Password, shop.Webhook.Replicas[0].Log, StringComparison.Ordinal);
    }
}
