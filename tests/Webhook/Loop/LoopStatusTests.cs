using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook;

/// <summary>What the loop says of backups that do not come about, through the real process.</summary>
public sealed class LoopStatusTests
{
    const string Set = "/apis/apps/v1/namespaces/default/statefulsets/db";
    const string Nightly = "/apis/backup.middleware.io/v1/namespaces/default/backuppolicies/nightly";
    const string CronJob = "backup-db-data-db-0";
    const string Good = "1 claim protected by policy \"nightly\"";

    static async Task<WatchedNamespace> Protected(JsonObject set)
    {
        var scene = await WatchedNamespace.Start(webhooks: 1);
        await scene.Webhook.Create(WatchedNamespace.Policy());
        await scene.Webhook.Create(set);
        return scene;
    }

    static IEnumerable<JsonObject> Events(WatchedNamespace scene, string reason) =>
        scene.Api.Cluster.Storage.List(scene.Api.Cluster.Kinds["events"], "default")!.Value.Items.Select(entry => entry.Item).Where(item => (string?)item["reason"] == reason);

    /// <summary>As <c>kubectl create job --from=cronjob/...</c> does.</summary>
    static async Task Make(WatchedNamespace scene, string name)
    {
        var from = scene.Api.Cluster.Get("cronjobs", "default", CronJob)!.Item;
        var owner = new JsonObject { ["apiVersion"] = "batch/v1", ["kind"] = "CronJob", ["name"] = CronJob, ["uid"] = (string)from["metadata"]!["uid"]!, ["controller"] = true };
        await scene.Webhook.Create(new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default", ["labels"] = from["spec"]!["jobTemplate"]!["metadata"]!["labels"]!.DeepClone(), ["ownerReferences"] = new JsonArray(owner) },
            ["spec"] = from["spec"]!["jobTemplate"]!["spec"]!.DeepClone(),
        });
    }

    static Task End(WatchedNamespace scene, string name, string condition, string before, string time, string more = "") => scene.Patch($"/apis/batch/v1/namespaces/default/jobs/{name}/status", $$"""
        status:
          startTime: "2026-11-22T02:00:00Z"
          conditions:
            - {type: {{before}}, status: "True", reason: BackoffLimitExceeded, message: "", lastProbeTime: "{{time}}", lastTransitionTime: "{{time}}"}
            - {type: {{condition}}, status: "True", reason: BackoffLimitExceeded, message: "", lastProbeTime: "{{time}}", lastTransitionTime: "{{time}}"}
        {{more}}
        """);

    [Fact]
    public async Task A_backup_that_failed_is_said_until_one_succeeds()
    {
        await using var scene = await Protected(WatchedNamespace.StatefulSet());
        await scene.UntilStatus(Good);
        await Make(scene, "first");
        await End(scene, "first", "Failed", "FailureTarget", "2026-11-22T02:10:00Z");

        await scene.UntilStatus("but the last backup of claim \"data-db-0\" failed: BackoffLimitExceeded; kubectl logs job/first");
        Assert.Contains(Events(scene, "PartlyProtected"), one => ((string?)one["message"])!.Contains("kubectl logs job/first", StringComparison.Ordinal));

        await Make(scene, "second");
        await End(scene, "second", "Complete", "SuccessCriteriaMet", "2026-11-23T02:10:00Z", "  completionTime: \"2026-11-23T02:10:00Z\"");
        await WatchedNamespace.Until(() => scene.Status() == Good, "all is well");
    }

    [Fact]
    public async Task The_annotation_that_goes_is_said_with_what_went()
    {
        await using var scene = await Protected(WatchedNamespace.StatefulSet());
        await scene.UntilStatus(Good);

        await scene.Patch(Set, $"metadata: {{annotations: {{{ClusterNames.PolicyAnnotation}: null}}}}");

        await scene.UntilMade("cronjobs");
        var said = Assert.Single(Events(scene, "Unprotected"));
        Assert.Equal(("Warning", "db"), ((string?)said["type"], (string?)said["involvedObject"]!["name"]));
        Assert.Contains("is gone, and with it 1 CronJob", (string?)said["message"], StringComparison.Ordinal);
        Assert.Contains("the backups in the store stay", (string?)said["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_backed_up_any_more_keeps_its_CronJob_until_its_claim_goes()
    {
        var set = WatchedNamespace.StatefulSet();
        var template = (JsonObject)set["spec"]!["volumeClaimTemplates"]![0]!;
        var logs = (JsonObject)template.DeepClone();
        logs["metadata"]!["name"] = "logs";
        ((JsonArray)set["spec"]!["volumeClaimTemplates"]!).Add(logs);
        ((JsonArray)set["spec"]!["template"]!["spec"]!["containers"]![0]!["volumeMounts"]!).Add(new JsonObject { ["name"] = "logs", ["mountPath"] = "/logs" });
        await using var scene = await Protected(set);
        await scene.UntilStatus("2 claims protected");
        await scene.Patch(Nightly, """spec: {verification: {schedule: "@weekly"}}""");
        await scene.UntilMade("cronjobs", CronJob, "backup-db-logs-db-0", "verify-db-data-db-0", "verify-db-logs-db-0");
        foreach (var name in (string[])["data-db-0", "logs-db-0"])
        {
            await scene.Webhook.Create(Yaml.Documents($$"""
                apiVersion: v1
                kind: PersistentVolumeClaim
                metadata: {name: {{name}}, namespace: default}
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi} } }
                """).Single());
        }
        var before = scene.Api.Cluster.Get("cronjobs", "default", CronJob)!.Item["spec"]!.ToJsonString();

        // An upgrade of a chart; the annotation that mutation wrote names what can be backed up.
        await scene.Patch(Set, """
            spec: {template: {spec: {containers: [{name: db, image: "db:2", volumeMounts: [{name: data, mountPath: /data, subPath: a}, {name: data, mountPath: /more, subPath: b}, {name: logs, mountPath: /logs}]}]} } }
            """);

        await scene.UntilStatus($"1 claim protected by policy \"nightly\"; but volume \"data\" is mounted by several sub-paths (\"a\", \"b\")");
        Assert.EndsWith($"CronJob \"{CronJob}\" stays as it is", scene.Status(), StringComparison.Ordinal);
        Assert.Equal("logs", (string?)scene.Api.Cluster.Get("statefulsets", "default", "db")!.Item["metadata"]!["annotations"]![ClusterNames.ClaimsAnnotation]);
        Assert.Equal([CronJob, "backup-db-logs-db-0", "verify-db-data-db-0", "verify-db-logs-db-0"], scene.Made("cronjobs"));
        Assert.Equal([CronJob, "backup-db-logs-db-0", "restore-statefulset-db"], scene.Made("leases"));
        Assert.Equal(before, scene.Api.Cluster.Get("cronjobs", "default", CronJob)!.Item["spec"]!.ToJsonString());
        Assert.Contains($"\"{CronJob}\"", scene.Api.Cluster.Get("roles", "default", "backup-db")!.Item["rules"]!.ToJsonString(), StringComparison.Ordinal);

        await scene.Webhook.Call("DELETE", "/api/v1/namespaces/default/persistentvolumeclaims/data-db-0");

        await scene.UntilMade("cronjobs", "backup-db-logs-db-0", "verify-db-logs-db-0");
        await scene.UntilMade("leases", "backup-db-logs-db-0", "restore-statefulset-db");
        await WatchedNamespace.Until(() => scene.Status() == Good, "nothing more is said of it");

        await scene.Patch(Nightly, "spec: {verification: null}");
        await scene.UntilMade("cronjobs", "backup-db-logs-db-0");
    }
}
