using System.Text.Json.Nodes;
using BackupRunner.Tests.Cluster;

namespace BackupRunner.Tests.Webhook;

/// <summary>The CronJob that reads backups back, with the real runner and the programs of Redis.</summary>
public sealed class VerificationFlowTests
{
    const string Backups = "backup-redis-data-redis-0";
    const string Verifications = "verify-redis-data-redis-0";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_is_looked_at_with_the_workloads_own_programs()
    {
        await using var shop = await ProtectedRedis.Start();
        await Verify(shop, "redis-check-rdb dump.rdb");
        Assert.Equal(200, (await shop.Annotate("nightly")).Status);
        await shop.UntilMade("cronjobs", Backups, "backup-redis-data-redis-1", Verifications, "verify-redis-data-redis-1");
        await shop.Redis("redis-0", "SET", "key", "zero");
        (await shop.BackUp(Backups, "first")).Succeeded();
        var second = (await shop.BackUp(Backups, "second")).Succeeded();

        var good = (await shop.BackUp(Verifications, "good")).Succeeded();
        Assert.Contains("RDB looks OK", good.Log, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"{shop.IdOf(second)}   as it was stored", good.Log, StringComparison.Ordinal);
        var told = Told(shop, good);
        Assert.Equal((0, "full", shop.IdOf(second)), ((int)told["exitCode"]!, (string?)told["verification"], (string?)told["id"]));

        // A program that does not find it good: three tries, and the status says so until it does.
        await Verify(shop, "redis-check-rdb other.rdb");
        await shop.Cluster.Until(() => shop.Api.Cluster.Get("configmaps", ProtectedRedis.Space, "backup-redis-policy")!.Item.ToJsonString().Contains("other.rdb", StringComparison.Ordinal), "the policy is there", Cancel);
        var refused = await shop.BackUp(Verifications, "refused");
        Assert.Equal((false, 3), (refused.Complete, refused.Pods));
        Assert.Contains("is as it was stored, but backup.verification.command exited 1", refused.Log, StringComparison.Ordinal);
        Assert.Equal(3, (int)Told(shop, refused)["exitCode"]!);
        await shop.Cluster.Until(() => shop.Status().Contains("the last verification of claim \"data-redis-0\" failed", StringComparison.Ordinal), "the status says so", Cancel);

        // What is damaged is not tried again, and does not stand for a failed backup.
        await shop.Damage(shop.IdOf(second));
        var damaged = await shop.BackUp(Verifications, "damaged");
        Assert.Equal((false, 1), (damaged.Complete, damaged.Pods));
        Assert.Equal(5, (int)Told(shop, damaged)["exitCode"]!);
        await shop.Cluster.Until(() => shop.Status().Contains("kubectl logs job/damaged", StringComparison.Ordinal), "the status says so", Cancel);
        Assert.DoesNotContain("the last backup", shop.Status(), StringComparison.Ordinal);

        await shop.Patch(new JsonObject { ["verification"] = new JsonObject { ["mode"] = "checksum", ["command"] = null } });
        await shop.Cluster.Until(() => shop.Api.Cluster.Get("cronjobs", ProtectedRedis.Space, Verifications)!.Item.ToJsonString().Contains("--mode=checksum", StringComparison.Ordinal), "the CronJob follows", Cancel);
        (await shop.BackUp(Backups, "third")).Succeeded();
        (await shop.BackUp(Verifications, "checked")).Succeeded();
        await shop.Cluster.Until(() => !shop.Status().Contains("verification", StringComparison.Ordinal), "nothing more is said of it", Cancel);

        // Verifications ask nothing of the API server, and no call of anybody was refused.
        Assert.DoesNotContain(shop.Webhook.Calls, call => call.Status is 401 or 403);
        await shop.Patch(new JsonObject { ["verification"] = null });
        await shop.UntilMade("cronjobs", Backups, "backup-redis-data-redis-1");
    }

    static Task Verify(ProtectedRedis shop, string command) =>
        shop.Patch(new JsonObject { ["verification"] = new JsonObject { ["schedule"] = "@weekly", ["mode"] = "full", ["command"] = command } });

    static JsonNode Told(ProtectedRedis shop, EndedJob job) => JsonNode.Parse(
        (string)shop.Api.Cluster.Get("pods", ProtectedRedis.Space, job.LastPod)!.Item["status"]!["containerStatuses"]!.AsArray().Single(status => (string)status!["name"]! == "runner")!["state"]!["terminated"]!["message"]!)!;
}
