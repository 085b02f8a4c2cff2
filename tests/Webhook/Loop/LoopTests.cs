using System.Text.Json.Nodes;
using BackupRunner.Names;

namespace BackupRunner.Tests.Webhook;

/// <summary>What the loop makes of what people do, through the real process.</summary>
public sealed class LoopTests
{
    const string Sets = "/apis/apps/v1/namespaces/default/statefulsets/db";
    const string CronJob = "/apis/batch/v1/namespaces/default/cronjobs/backup-db-data-db-0";

    static async Task<WatchedNamespace> Protected()
    {
        var scene = await WatchedNamespace.Start(webhooks: 1);
        await scene.Webhook.Create(WatchedNamespace.Policy());
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await scene.UntilStatus("1 claim protected by policy \"nightly\"");
        return scene;
    }

    [Fact]
    public async Task What_somebody_edits_or_deletes_is_put_right()
    {
        await using var scene = await Protected();
        var good = scene.Api.Cluster.Get("cronjobs", "default", "backup-db-data-db-0")!.Item["spec"]!.ToJsonString();

        await scene.Patch(CronJob, "spec: {suspend: true, jobTemplate: {spec: {template: {spec: {hostPID: true} } } } }");
        await scene.Webhook.Call("DELETE", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/backup-db");
        await scene.Webhook.Call("DELETE", "/apis/coordination.k8s.io/v1/namespaces/default/leases/restore-statefulset-db");
        await scene.Patch("/api/v1/namespaces/default/configmaps/backup-db-policy", "data: {policy.yaml: 'backup: {}'}");

        await WatchedNamespace.Until(() => scene.Api.Cluster.Get("cronjobs", "default", "backup-db-data-db-0")!.Item["spec"]!.ToJsonString() == good, "the CronJob is as it was");
        await scene.UntilMade("roles", "backup-db", "restore-db");
        await scene.UntilMade("leases", "backup-db-data-db-0", "restore-statefulset-db");
        await WatchedNamespace.Until(() => ((string)scene.Api.Cluster.Get("configmaps", "default", "backup-db-policy")!.Item["data"]!["policy.yaml"]!).Contains("backups", StringComparison.Ordinal), "the policy is back");
    }

    [Fact]
    public async Task A_change_of_the_policy_reaches_every_workload()
    {
        await using var scene = await Protected();

        await scene.Patch("/apis/backup.middleware.io/v1/namespaces/default/backuppolicies/nightly", "spec: {schedule: {cron: '30 4 * * *', enabled: false} }");

        await WatchedNamespace.Until(() => scene.Api.Cluster.Get("cronjobs", "default", "backup-db-data-db-0")!.Item["spec"] is { } spec && (string?)spec["schedule"] == "30 4 * * *" && (bool?)spec["suspend"] == true, "the CronJob follows");
        await scene.UntilPolicy(workloads: 1);
    }

    [Fact]
    public async Task A_policy_that_is_deleted_or_spoilt_changes_nothing_and_says_so()
    {
        await using var scene = await Protected();
        var made = scene.Made("cronjobs");

        await scene.Webhook.Call("DELETE", "/apis/backup.middleware.io/v1/namespaces/default/backuppolicies/nightly");

        await scene.UntilStatus("there is no BackupPolicy \"nightly\"");
        Assert.Equal(made, scene.Made("cronjobs"));
        Assert.Contains(scene.Api.Cluster.Storage.List(scene.Api.Cluster.Kinds["events"], "default")!.Value.Items,
            entry => (string?)entry.Item["reason"] == "NotReconciled" && (string?)entry.Item["involvedObject"]!["name"] == "db");
        await scene.Webhook.Create(WatchedNamespace.Policy());
        await scene.UntilStatus("1 claim protected");
    }

    [Fact]
    public async Task A_policy_of_the_same_name_in_another_namespace_is_not_used()
    {
        await using var scene = await Protected();
        await scene.Api.AddNamespace("tenant", TestContext.Current.CancellationToken);

        await scene.Webhook.Create(WatchedNamespace.StatefulSet(space: "tenant"));

        await scene.UntilStatus("there is no BackupPolicy \"nightly\" in namespace \"tenant\"", space: "tenant");
        Assert.Empty(scene.Made("cronjobs", "tenant"));
    }

    [Fact]
    public async Task One_bad_workload_does_not_stop_the_others()
    {
        await using var scene = await Protected();
        // Somebody else's, with the name that ours would have.
        await scene.Webhook.Create(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ServiceAccount", ["metadata"] = new JsonObject { ["name"] = "backup-bad", ["namespace"] = "default" } });

        await scene.Webhook.Create(WatchedNamespace.StatefulSet("bad"));
        await scene.Webhook.Create(WatchedNamespace.StatefulSet("good"));

        await scene.UntilStatus("1 claim protected", "good");
        await scene.UntilStatus("serviceaccounts \"backup-bad\" exists and is not ours", "bad");
        Assert.Null(scene.Api.Cluster.Get("serviceaccounts", "default", "backup-bad")!.Item["metadata"]!["labels"]);
    }

    [Fact]
    public async Task Nothing_goes_while_a_run_holds_a_Lease()
    {
        await using var scene = await Protected();
        const string Lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/backup-db-data-db-0";
        await scene.Patch(Lease, "spec: {holderIdentity: backup-db-xyz, leaseDurationSeconds: 3600, renewTime: '2026-11-23T02:00:00.000000Z', acquireTime: '2026-11-23T02:00:00.000000Z'}");
        await scene.Patch(Sets, $"metadata: {{annotations: {{{ClusterNames.PolicyAnnotation}: null}}}}");
        // The other workload is made and done after that: the first was looked at.
        await scene.Webhook.Create(WatchedNamespace.StatefulSet("later"));
        await scene.UntilStatus("1 claim protected", "later");
        Assert.Contains("backup-db-data-db-0", scene.Made("cronjobs"));
        Assert.Contains("backup-db", scene.Made("roles"));

        await scene.Patch(Lease, "spec: {holderIdentity: null}");

        await scene.UntilMade("cronjobs", "backup-later-data-later-0");
        await scene.UntilMade("leases", "backup-later-data-later-0", "restore-statefulset-later");
        await scene.UntilMade("roles", "backup-later", "restore-later");
    }

    [Fact]
    public async Task A_deleted_workload_takes_everything_with_it_and_one_made_again_in_time_takes_it_up()
    {
        await using var scene = await Protected();
        await scene.Webhook.Call("DELETE", Sets + "?propagationPolicy=Orphan");
        await WatchedNamespace.Until(() => scene.Api.Cluster.Get("statefulsets", "default", "db") is null, "the set is gone");
        Assert.Single(scene.Made("cronjobs"));
        var again = await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await WatchedNamespace.Until(() => (string?)scene.Api.Cluster.Get("cronjobs", "default", "backup-db-data-db-0")!.Item["metadata"]!["ownerReferences"]?[0]?["uid"] == (string?)again["metadata"]!["uid"], "the new set owns the CronJob");

        await scene.Webhook.Call("DELETE", Sets);

        foreach (var kind in (string[])["cronjobs", "leases", "roles", "serviceaccounts", "configmaps"])
            await scene.UntilMade(kind);
    }
}
