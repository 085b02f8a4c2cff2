using System.Net;

namespace BackupRunner.Tests.Webhook;

/// <summary>Two replicas, of which one leads.</summary>
public sealed class ReplicaTests
{
    static string Leader(WatchedNamespace scene) => (string?)scene.Api.Cluster.Get("leases", WebhookInstallation.Space, "backup-webhook")?.Item["spec"]?["holderIdentity"] ?? "";

    static async Task<(RunningWebhook Leading, RunningWebhook Other)> Replicas(WatchedNamespace scene)
    {
        var replicas = scene.Webhook.Replicas;
        await WatchedNamespace.Until(() => replicas.Any(replica => replica.Log.Contains("leading", StringComparison.Ordinal)), "one leads");
        return replicas[0].Log.Contains("leading", StringComparison.Ordinal) ? (replicas[0], replicas[1]) : (replicas[1], replicas[0]);
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task When_the_leader_ends_the_other_goes_on(string signal)
    {
        await using var scene = await WatchedNamespace.Start(webhooks: 2);
        var (leading, other) = await Replicas(scene);
        Assert.DoesNotContain("leading", other.Log, StringComparison.Ordinal);
        scene.Webhook.RouteTo(other);
        await scene.Webhook.Create(WatchedNamespace.Policy());
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await scene.UntilMade("cronjobs", "backup-db-data-db-0");
        var first = Leader(scene);

        leading.Signal(signal);
        // Before that it may still do what comes.
        var exitCode = await leading.Exited();
        await scene.Patch("/apis/apps/v1/namespaces/default/statefulsets/db", "spec: {replicas: 2}");

        await scene.UntilMade("cronjobs", "backup-db-data-db-0", "backup-db-data-db-1");
        Assert.NotEqual(first, Leader(scene));
        await other.Said("leading");
        if (signal == "TERM")
        {
            Assert.Equal(0, exitCode);
            Assert.DoesNotContain("error", leading.Log, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_leader_that_lives_and_has_lost_its_Lease_writes_no_more()
    {
        await using var scene = await WatchedNamespace.Start(webhooks: 1);
        await scene.Webhook.Create(WatchedNamespace.Policy());
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await scene.UntilStatus("1 claim protected");
        await scene.UntilPolicy(workloads: 1);

        // Another took it, as it may after a pause.
        await scene.Patch($"/apis/coordination.k8s.io/v1/namespaces/{WebhookInstallation.Space}/leases/backup-webhook",
            "spec: {holderIdentity: another, leaseDurationSeconds: 3600, acquireTime: '2026-11-23T02:00:00.000000Z', renewTime: '2026-11-23T02:00:00.000000Z', leaseTransitions: 9}");
        await scene.Webhook.Replicas[0].Said("no longer leading");
        var before = scene.Webhook.Calls.Count();
        await scene.Patch("/apis/apps/v1/namespaces/default/statefulsets/db", "spec: {replicas: 2}");
        // It has looked at the Lease since: it is at work, and not at ours.
        await WatchedNamespace.Until(() => scene.Webhook.Calls.Skip(before).Count(call => call is { Resource: "leases", Method: "GET" }) > 2, "it looks at the Lease");

        Assert.DoesNotContain(scene.Webhook.Calls.Skip(before), call => call.Method is not "GET");
        Assert.Single(scene.Made("cronjobs"));
    }

    [Fact]
    public async Task While_the_API_server_is_away_it_lives_and_goes_on_once_it_is_back()
    {
        await using var scene = await WatchedNamespace.Start(webhooks: 1);
        await scene.Webhook.Create(WatchedNamespace.Policy());
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await scene.UntilMade("cronjobs", "backup-db-data-db-0");

        await scene.Api.Stop();
        Assert.Equal(HttpStatusCode.OK, await scene.Webhook.Replicas[0].Probe("/livez"));
        await scene.Api.Listen(TestContext.Current.CancellationToken);
        await scene.Patch("/apis/apps/v1/namespaces/default/statefulsets/db", "spec: {replicas: 2}");

        await scene.UntilMade("cronjobs", "backup-db-data-db-0", "backup-db-data-db-1");
    }

    [Fact]
    public async Task A_restart_writes_nothing_but_the_leaders_Lease()
    {
        await using var scene = await WatchedNamespace.Start(webhooks: 1);
        await scene.Webhook.Create(WatchedNamespace.Policy());
        foreach (var name in (string[])["db", "other"])
            await scene.Webhook.Create(WatchedNamespace.StatefulSet(name));
        await scene.UntilStatus("protected by policy");
        await scene.UntilStatus("protected by policy", "other");
        await scene.UntilPolicy(workloads: 2);
        scene.Webhook.Replicas[0].Signal("TERM");
        await scene.Webhook.Replicas[0].Exited();
        var before = scene.Webhook.Calls.Count();

        var again = await scene.Webhook.Run();
        await again.Said("looked at everything");

        var writes = scene.Webhook.Calls.Skip(before).Where(call => call.Method is not "GET").ToList();
        Assert.All(writes, call => Assert.Equal(("leases", WebhookInstallation.Space, "backup-webhook"), (call.Resource, call.Namespace, call.Name)));
    }
}
