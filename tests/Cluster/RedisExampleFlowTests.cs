using BackupRunner.Names;

namespace BackupRunner.Tests.Cluster;

/// <summary>The whole flow of the example: backup, disaster, restore, with the shipped manifests and permissions.</summary>
public sealed class RedisExampleFlowTests : IAsyncLifetime
{
    RedisNamespace shop = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => shop = await RedisNamespace.Apply();

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Fact]
    public async Task A_redis_that_lost_its_data_has_it_again()
    {
        Assert.Equal("OK\n", await shop.Redis("SET", "key", "value"));
        var backup = (await shop.BackUp()).Succeeded();
        var id = (string)shop.LastWords(backup.LastPod)["id"]!;
        Assert.Equal(id, (string?)shop.Lease("backup-redis-data-redis-0")["metadata"]!["annotations"]![LeaseNotes.Id]);
        await shop.Redis("FLUSHALL");
        await shop.Redis("SET", "other", "lost by the restore");

        var restore = (await shop.Ended(await shop.CreateRestore())).Succeeded();

        await shop.UntilReady();
        Assert.Equal("value\n", await shop.Redis("GET", "key"));
        Assert.Equal("\n", await shop.Redis("GET", "other"));
        Assert.False(Directory.Exists(Path.Combine(shop.Data, ".backup-restore")));
        foreach (var lease in (string[])["backup-redis-data-redis-0", "restore-statefulset-redis"])
            Assert.Null(shop.Lease(lease)["spec"]!["holderIdentity"]);
        Assert.Null(shop.Lease("restore-statefulset-redis")["metadata"]!["annotations"]![LeaseNotes.Replicas]);
        // The Roles allow every call that is made, and no secret is said.
        Assert.All(["backup-redis", "restore-redis"], account =>
        {
            Assert.NotEmpty(shop.CallsOf(account));
            Assert.DoesNotContain(shop.CallsOf(account), call => call.Status is 401 or 403);
        });
        Assert.DoesNotContain(shop.Password, backup.Log + restore.Log, StringComparison.Ordinal);
        // Redis wrote its file by itself, and the restored one belongs to it.
        Assert.Equal("999:999", Support.Shell.Run("stat", "-c", "%u:%g", Path.Combine(shop.Data, "dump.rdb")).Trim());
    }

    [Fact]
    public async Task A_restore_whose_pod_is_killed_while_redis_is_stopped_is_resumed_by_another_job()
    {
        await shop.Redis("SET", "key", "value");
        (await shop.BackUp()).Succeeded();
        await shop.Redis("FLUSHALL");
        await shop.Redis("SAVE");
        var killed = await shop.CreateRestore();
        // Stopped by the restore, and remembered.
        await shop.Cluster.Until(() => shop.Api.Cluster.Get("pods", "default", "redis-0") is null
            && (string?)shop.Lease("restore-statefulset-redis")["metadata"]!["annotations"]?[LeaseNotes.Replicas] == "1", "redis is stopped", Cancel);
        shop.Cluster.Pods.Last(pod => pod.Name.StartsWith(killed, StringComparison.Ordinal)).Container().Current?.Signal("KILL");
        Assert.False((await shop.Ended(killed)).Complete);

        (await shop.Ended(await shop.CreateRestore("restore-job.yaml", "--resume"))).Succeeded();

        await shop.UntilReady();
        Assert.Contains(await shop.Redis("GET", "key"), (string[])["value\n", "\n"]);
        Assert.Null(shop.Lease("restore-statefulset-redis")["metadata"]!["annotations"]![LeaseNotes.Replicas]);
        (await shop.Ended(await shop.CreateRestore())).Succeeded();
        await shop.UntilReady();
        Assert.Equal("value\n", await shop.Redis("GET", "key"));
    }

    [Fact]
    public async Task A_script_of_the_policy_restores_in_a_second_container()
    {
        await shop.Redis("SET", "key", "value");
        (await shop.BackUp()).Succeeded();
        await shop.Redis("FLUSHALL");

        (await shop.Ended(await shop.CreateRestore("restore-job-command.yaml"))).Succeeded();

        await shop.UntilReady();
        Assert.Equal("value\n", await shop.Redis("GET", "key"));
    }

    [Fact]
    public async Task A_backup_of_a_redis_that_refuses_its_password_fails_and_stores_nothing()
    {
        await shop.Redis("CONFIG", "SET", "requirepass", "another");

        var job = await shop.BackUp();

        Assert.False(job.Complete);
        Assert.Equal(3, (int?)shop.LastWords(job.LastPod)["exitCode"]);
        Assert.Equal(3, job.Pods);
    }
}
