using System.Net;
using System.Text.Json.Nodes;
using BackupRunner.Names;

namespace BackupRunner.Tests.Webhook;

/// <summary>What a bad week, or a tenant with rights in one namespace, does to the loop.</summary>
public sealed class HostileTests
{
    const string Lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/";
    const string Held = "spec: {holderIdentity: backup-db-xyz, leaseDurationSeconds: 3600, renewTime: '2026-11-23T02:00:00.000000Z', acquireTime: '2026-11-23T02:00:00.000000Z'}";

    static JsonObject Labelled(string version, string kind, string name, JsonObject rest)
    {
        rest["apiVersion"] = version;
        rest["kind"] = kind;
        rest["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = "default",
            ["labels"] = new JsonObject { [ClusterNames.ForLabel] = "nobody" },
            ["annotations"] = new JsonObject { [LeaseNotes.Report] = "{\"keyId\":\"\\ud800\"}", [LeaseNotes.Frozen] = "\ud83d" + new string('x', 10_000) },
        };
        return rest;
    }

    [Fact]
    public async Task A_Lease_that_cannot_be_read_takes_nothing_down()
    {
        await using var scene = await WatchedNamespace.Start(webhooks: 1);
        await scene.Webhook.Create(Labelled("coordination.k8s.io/v1", "Lease", "poison", []));
        await scene.Webhook.Create(WatchedNamespace.Policy());
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await scene.UntilStatus("1 claim protected");

        var second = await scene.Webhook.Run();

        Assert.Equal(HttpStatusCode.OK, await second.Probe("/readyz"));
        Assert.Equal(HttpStatusCode.OK, await scene.Webhook.Replicas[0].Probe("/livez"));
    }

    [Fact]
    public async Task A_workload_that_is_deleted_and_made_again_at_once_is_protected_every_time()
    {
        await using var scene = await WatchedNamespace.Start(webhooks: 1);
        await scene.Webhook.Create(WatchedNamespace.Policy());
        for (var round = 0; round < 8; round++)
        {
            await scene.Webhook.Create(WatchedNamespace.StatefulSet());
            await scene.UntilStatus("1 claim protected");
            await scene.UntilMade("cronjobs", "backup-db-data-db-0");
            await scene.UntilMade("rolebindings", "backup-db", "restore-db");
            await scene.UntilMade("leases", "backup-db-data-db-0", "restore-statefulset-db");
            await scene.Webhook.Call("DELETE", "/apis/apps/v1/namespaces/default/statefulsets/db");
        }
    }

    [Fact]
    public async Task While_a_run_is_at_work_no_right_is_taken_from_it()
    {
        await using var scene = await WatchedNamespace.Start(webhooks: 1);
        await scene.Webhook.Create(WatchedNamespace.Policy("settings: {consistency: {enabled: true, freeze: {command: lock, thaw: unlock} } }"));
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await scene.UntilStatus("1 claim protected");
        string Rules() => scene.Api.Cluster.Get("roles", "default", "backup-db")!.Item["rules"]!.ToJsonString();
        Assert.Contains("pods/exec", Rules(), StringComparison.Ordinal);
        await scene.Patch(Lease + "backup-db-data-db-0", Held);

        await scene.Patch("/apis/backup.middleware.io/v1/namespaces/default/backuppolicies/nightly", "spec: {schedule: {cron: '5 5 * * *'}, settings: {consistency: {enabled: false, freeze: null, command: null} } }");
        await WatchedNamespace.Until(() => (string?)scene.Api.Cluster.Get("cronjobs", "default", "backup-db-data-db-0")!.Item["spec"]!["schedule"] == "5 5 * * *", "the policy is applied");

        Assert.Contains("pods/exec", Rules(), StringComparison.Ordinal);
        await scene.Patch(Lease + "backup-db-data-db-0", "spec: {holderIdentity: null}");
        await WatchedNamespace.Until(() => !Rules().Contains("pods/exec", StringComparison.Ordinal), "the right goes once nobody needs it");
    }

    [Fact]
    public async Task What_would_be_refused_today_still_gets_its_status()
    {
        await using var scene = await WatchedNamespace.Start(webhooks: 1);
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await scene.UntilStatus("there is no BackupPolicy");

        // The pod has no such container, which is refused of who annotates it now.
        await scene.Webhook.Create(WatchedNamespace.Policy("settings: {consistency: {enabled: true, command: sync, container: nope} }"));

        await scene.UntilStatus("1 claim protected");
    }

    [Fact]
    public async Task Objects_of_others_that_carry_our_label_fill_no_memory()
    {
        await using var scene = await WatchedNamespace.Start(webhooks: 1);
        for (var n = 0; n < 150; n++)
            await scene.Webhook.Create(Labelled("v1", "ConfigMap", $"big-{n}", new JsonObject { ["data"] = new JsonObject { ["x"] = new string('x', 900_000) } }));
        await scene.Webhook.Create(WatchedNamespace.Policy());
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await scene.UntilStatus("1 claim protected");

        Assert.InRange(scene.Webhook.Replicas[0].PeakMemory, 1, 300L << 20);
    }
}
