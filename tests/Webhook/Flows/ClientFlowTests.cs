using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Storage;

namespace BackupRunner.Tests.Webhook;

/// <summary>Sections 2 and 3 of the client's document, box by box: with kubectl, the real webhook and runner, a real Redis and a real store.</summary>
public sealed class ClientFlowTests
{
    const string Space = ProtectedRedis.Space;
    const string Claim = "data-redis-0";

    /// <summary>Where kubectl's words are kept, for README; not set: nowhere.</summary>
    const string TranscriptVariable = "FLOW_TRANSCRIPT";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_and_a_restore_as_the_document_draws_them()
    {
        await using var shop = await ProtectedRedis.Start();
        using var kubectl = new Kubectl(shop.Api);
        kubectl.Run("annotate", "statefulset", "redis", "backup.middleware.io/policy=nightly");
        await shop.UntilMade("cronjobs", "backup-redis-data-redis-0", "backup-redis-data-redis-1");
        await shop.Cluster.Until(() => shop.Made("secrets").Count == 1, "the key's copy is there", Cancel);
        Assert.Equal("OK", await shop.Redis("redis-0", "SET", "key", "before"));

        // 2. The user submits a Backup.
        Assert.Contains("backup.backup.middleware.io/before-upgrade created", kubectl.Create("backup.yaml", $$"""
            apiVersion: backup.middleware.io/v1
            kind: Backup
            metadata:
              name: before-upgrade
            spec:
              workload:
                name: redis
              claim: {{Claim}}
            """), StringComparison.Ordinal);
        Assert.Contains("condition met", kubectl.Run("wait", "--for=condition=Succeeded", "--timeout=5m", "backup/before-upgrade"), StringComparison.Ordinal);
        var claim = Item(shop, "backups", "before-upgrade")["status"]!["claims"]![0]!;
        var id = (string)claim["id"]!;

        // Preparation: the hot backup command ran in the middleware's container, by the account of the workload's backups.
        Assert.Contains(shop.Api.Log, call => call.User == $"system:serviceaccount:{Space}:backup-redis" && call.Path.EndsWith("/pods/redis-0/exec", StringComparison.Ordinal) && call.Status == 101);

        // The backup pod: the same PVC, read-only at the volume and at the mount, and the credentials of the store.
        var pod = Item(shop, "jobs", (string)claim["job"]!)["spec"]!["template"]!["spec"]!;
        var data = pod["volumes"]!.AsArray().Single(volume => volume!["persistentVolumeClaim"] is not null)!;
        Assert.Equal((Claim, true), ((string?)data["persistentVolumeClaim"]!["claimName"], (bool?)data["persistentVolumeClaim"]!["readOnly"]));
        Assert.True((bool)pod["containers"]![0]!["volumeMounts"]!.AsArray().Single(mount => (string?)mount!["name"] == (string?)data["name"])!["readOnly"]!);
        Assert.Contains(pod["volumes"]!.AsArray(), volume => (string?)volume!["secret"]?["secretName"] == "storage");

        // The backup: packed, hashed, encrypted, in the store; the manifest is what makes it one.
        var stored = new List<string>();
        await foreach (var entry in shop.Store.List("", Cancel))
            stored.Add(entry.Key);
        var folder = stored.Single(key => key.EndsWith("/backup.json", StringComparison.Ordinal))[..^"backup.json".Length];
        Assert.EndsWith($"/{Space}/statefulset.redis/{Claim}/{id}/", "/" + folder, StringComparison.Ordinal);
        Assert.Superset(new HashSet<string> { folder + "backup.tar.gz.gcm", folder + "backup.tar.gz.gcm.sha256", folder + "backup.json", folder + "backup.json.hmac" }, stored.ToHashSet());

        // Afterwards: the middleware is as it was, nothing is frozen, and no pod of the backup runs.
        Assert.Equal("before", await shop.Redis("redis-0", "GET", "key"));
        Assert.Null(Item(shop, "leases", $"backup-redis-{Claim}")["metadata"]!["annotations"]![LeaseNotes.Frozen]);
        Assert.DoesNotContain(Items(shop, "pods"), one => ((string)one["metadata"]!["name"]!).StartsWith((string)claim["job"]!, StringComparison.Ordinal) && (string?)one["status"]?["phase"] is not ("Succeeded" or "Failed"));
        Assert.Contains("before-upgrade", kubectl.Run("get", "backups"), StringComparison.Ordinal);

        // 3. The data is lost, and the user submits a Restore.
        Assert.Equal("OK", await shop.Redis("redis-0", "FLUSHALL"));
        Assert.Equal("OK", await shop.Redis("redis-0", "SET", "other", "later"));
        Assert.Equal("OK", await shop.Redis("redis-0", "SAVE"));
        Assert.Contains("restore.backup.middleware.io/undo-upgrade created", kubectl.Create("restore.yaml", """
            apiVersion: backup.middleware.io/v1
            kind: Restore
            metadata:
              name: undo-upgrade
            spec:
              backup: before-upgrade
            """), StringComparison.Ordinal);
        Assert.Contains("condition met", kubectl.Run("wait", "--for=condition=Succeeded", "--timeout=5m", "restore/undo-upgrade"), StringComparison.Ordinal);

        // It took this backup, verified and decrypted it, replaced the data as a whole, and started the middleware, which is healthy.
        var status = Item(shop, "restores", "undo-upgrade")["status"]!;
        Assert.Equal((id, Claim, "Restored"), ((string?)status["backup"], (string?)status["claim"], (string?)status["dataState"]));
        await shop.UntilReady(2);
        Assert.Equal("before", await shop.Redis("redis-0", "GET", "key"));
        Assert.Equal("", await shop.Redis("redis-0", "GET", "other"));
        Assert.Null(Item(shop, "leases", "restore-statefulset-redis")["metadata"]!["annotations"]![LeaseNotes.Replicas]);

        // One look shows all of it.
        var all = kubectl.Run("get", "backup");
        Assert.Contains("before-upgrade", all, StringComparison.Ordinal);
        kubectl.Run("get", "restores");
        Assert.Contains("undo-upgrade", kubectl.Run("get", "brst"), StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable(TranscriptVariable) is { Length: > 0 } file)
            await File.WriteAllTextAsync(file, kubectl.Transcript, Cancel);
        Assert.DoesNotContain(shop.Webhook.Calls, call => call.Status is 401 or 403);
    }

    static JsonObject Item(ProtectedRedis shop, string plural, string name) => shop.Api.Cluster.Get(plural, Space, name)!.Item;

    static IEnumerable<JsonObject> Items(ProtectedRedis shop, string plural) => shop.Api.Cluster.Storage.List(shop.Api.Cluster.Kinds[plural], Space)!.Value.Items.Select(entry => entry.Item);
}
