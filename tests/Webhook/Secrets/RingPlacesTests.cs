using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Webhook.Keys;

namespace BackupRunner.Tests.Webhook;

/// <summary>A key Secret names every place that its keys are used for, from before the first backup there.</summary>
public sealed class RingPlacesTests : IAsyncLifetime
{
    SecretScene scene = null!;

    public async ValueTask InitializeAsync() => scene = await SecretScene.Start();

    public ValueTask DisposeAsync() => scene.DisposeAsync();

    static SecretDemand Moved(string space) => SecretDemands.Of(
        SecretScene.Workload(space), SecretScene.Policy(space, SecretScene.Rotating, "{provider: s3, bucket: moved, region: eu-central-1, secretRef: {name: store}}"), "c1").Single(demand => demand.Source == SecretScene.Ring);

    string? Places => (string?)scene.Secret("vault", "ring")!["metadata"]!["annotations"]?[ClusterNames.LocationsAnnotation];

    RingPlaces Recorder => new(scene.Client, scene.Namespaces);

    [Fact]
    public async Task A_new_place_is_put_beside_the_others_and_a_known_one_writes_nothing()
    {
        await scene.PutSecret("vault", "ring", new() { ["key"] = SecretScene.NewKey(out _) }, "*");
        await scene.Tend([SecretScene.Demand("shop")]);

        await Recorder.Record([Moved("shop")], SecretScene.Cancel);

        Assert.Equal("""{"key":["minio://m.example.com/b","s3://moved"]}""", Places);
        var version = scene.Version;
        await Recorder.Record([Moved("shop"), SecretScene.Demand("shop")], SecretScene.Cancel);
        Assert.Equal(version, scene.Version);
    }

    [Fact]
    public async Task A_ring_without_a_record_and_one_that_may_not_be_used_are_left_alone()
    {
        await Recorder.Record([Moved("shop")], SecretScene.Cancel);
        await scene.PutSecret("vault", "ring", new() { ["key"] = SecretScene.NewKey(out _) }, "shop");
        var version = scene.Version;
        await Recorder.Record([Moved("shop")], SecretScene.Cancel);
        Assert.Equal(version, scene.Version);
        await scene.Tend([SecretScene.Demand("shop")]);
        version = scene.Version;

        await Recorder.Record([Moved("bank")], SecretScene.Cancel);
        await new RingPlaces(scene.Client, new HashSet<string>()).Record([Moved("shop")], SecretScene.Cancel);

        Assert.Equal(version, scene.Version);
    }

    [Fact]
    public async Task What_could_not_be_recorded_is_an_error()
    {
        await scene.PutSecret("vault", "ring", new() { ["key"] = SecretScene.NewKey(out _) }, "*");
        await scene.Tend([SecretScene.Demand("shop")]);
        using var fault = scene.Api.Faults.Add(request => request.Method == "PUT", new FakeFault.First(() => scene.Edit("vault", "ring", """{"metadata":{"labels":{"a":"b"}}}""")), 1);

        var conflict = await Assert.ThrowsAsync<KubeException>(() => Recorder.Record([Moved("shop")], SecretScene.Cancel));

        Assert.True(conflict.IsConflict);
        Assert.DoesNotContain("moved", Places, StringComparison.Ordinal);
    }

    /// <summary>Through the real process: a policy that moves again before anything else has looked.</summary>
    [Fact]
    public async Task No_run_is_told_of_a_place_that_the_key_secret_does_not_name()
    {
        await using var watched = await WatchedNamespace.Start(webhooks: 1, "--secret-namespaces", WatchedNamespace.Space);
        await watched.Webhook.Create((JsonObject)JsonNode.Parse("""
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"backup-webhook-secrets","namespace":"default"},
            "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"backup-webhook-secrets"},"subjects":[{"kind":"ServiceAccount","namespace":"backup-system","name":"backup-webhook"}]}
            """)!);
        await watched.Webhook.Create(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = "ring", ["namespace"] = "default" },
            ["stringData"] = new JsonObject { ["key"] = SecretScene.NewKey(out _) },
        });
        await watched.Webhook.Create(WatchedNamespace.Policy("settings: {encryption: {enabled: true, keySecretRef: {name: ring}, keyRotation: {enabled: true} } }"));
        await watched.Webhook.Create(WatchedNamespace.StatefulSet());
        string? Recorded() => (string?)watched.Api.Cluster.Get("secrets", "default", "ring")!.Item["metadata"]!["annotations"]?[ClusterNames.LocationsAnnotation];
        string? Told() => (string?)watched.Api.Cluster.Get("configmaps", "default", "backup-db-policy")?.Item["data"]!["policy.yaml"];
        await WatchedNamespace.Until(() => Recorded()?.Contains("s3://backups", StringComparison.Ordinal) == true && Told() is not null, "the first place is recorded");

        var refused = 0;
        using (watched.Api.Faults.Add(request => request.Method == "PUT" && request.Path.Value!.EndsWith("/secrets/ring", StringComparison.Ordinal) && Interlocked.Increment(ref refused) > 0, new FakeFault.Answer(500)))
        {
            await watched.Patch("/apis/backup.middleware.io/v1/namespaces/default/backuppolicies/nightly", "spec: {storage: {bucket: second} }");
            await WatchedNamespace.Until(() => Volatile.Read(ref refused) > 1, "the record was refused twice");
            Assert.DoesNotContain("second", Told(), StringComparison.Ordinal);
        }

        await WatchedNamespace.Until(() => Told()!.Contains("second", StringComparison.Ordinal), "the runs are told");
        Assert.Contains("s3://second", Recorded(), StringComparison.Ordinal);
    }
}
