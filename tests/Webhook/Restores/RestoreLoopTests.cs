using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook;

/// <summary>The real webhook and Restores in a namespace where no pod runs: what their Jobs and Leases say is written by the tests.</summary>
public sealed class RestoreLoopTests
{
    const string Restores = "/apis/backup.middleware.io/v1/namespaces/default/restores";
    const string Lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/restore-statefulset-db";
    const string Latest = "{workload: {name: db}, latest: true}";

    [Fact]
    public async Task Two_restores_of_one_claim_run_one_after_the_other_and_each_says_how_it_ended()
    {
        await using var scene = await Protected();
        var first = await Make(scene, "first", Latest);
        await UntilPhase(scene, "first", "Preparing");
        await Make(scene, "second", Latest);

        await UntilPhase(scene, "second", "Queued");
        Assert.Equal("waits for Restore \"first\" into the same workload", Status(scene, "second", "message"));
        Assert.Equal(("False", "Queued", "Unknown"), (Condition(scene, "second", "Ready")!["status"]!.ToString(), Condition(scene, "second", "Ready")!["reason"]!.ToString(), Condition(scene, "second", "Succeeded")!["status"]!.ToString()));
        var job = Job(scene, "first");
        Assert.Equal(("Restore", "first", (string)first["metadata"]!["uid"]!), ((string?)job["metadata"]!["ownerReferences"]![0]!["kind"], (string?)job["metadata"]!["ownerReferences"]![0]!["name"], (string?)job["metadata"]!["ownerReferences"]![0]!["uid"]));
        Assert.DoesNotContain(job["metadata"]!["annotations"] as JsonObject ?? [], annotation => annotation.Key.StartsWith(ClusterNames.Domain, StringComparison.Ordinal));
        Assert.Equal("Preparing", Status(scene, "first", "phase"));

        // Its run holds the Lease, and says where it is.
        await Hold(scene, job, "swap", "60");
        await UntilPhase(scene, "first", "Swapping");
        Assert.Equal(("swap", "60", "StatefulSet/db", "data-db-0"), (Status(scene, "first", "step"), Status(scene, "first", "progressPercent"), Status(scene, "first", "workload"), Status(scene, "first", "claim")));
        var since = Condition(scene, "first", "Ready")!["lastTransitionTime"]!.ToString();

        await Said(scene, job, """{"verb":"restore","exitCode":0,"start":"2026-11-22T02:00:00Z","end":"2026-11-22T02:01:00Z","id":"20261122t020000z-k3x7qa","warnings":0,"deleted":0,"data":"Restored"}""");
        await Free(scene);
        await End(scene, job, "Complete");
        await UntilPhase(scene, "first", "Succeeded");
        Assert.Equal(("Restored", "20261122t020000z-k3x7qa", "0"), (Status(scene, "first", "dataState"), Status(scene, "first", "backup"), Status(scene, "first", "exitCode")));
        Assert.Equal(["True", "True", "False"], ((string[])["Ready", "Succeeded", "Failed"]).Select(type => (string)Condition(scene, "first", type)!["status"]!));
        Assert.NotEqual("", since);

        // Its turn.
        await UntilPhase(scene, "second", "Preparing");
        job = Job(scene, "second");
        await Said(scene, job, """{"verb":"restore","exitCode":5,"start":"2026-11-22T02:00:00Z","end":"2026-11-22T02:01:00Z","error":"the key is wrong","hint":"mount the ring","warnings":0,"deleted":0,"data":"Untouched"}""", 5);
        await End(scene, job, "Failed");
        await UntilPhase(scene, "second", "Failed");
        Assert.Equal(("Untouched", "5", "the key is wrong; mount the ring"), (Status(scene, "second", "dataState"), Status(scene, "second", "exitCode"), Status(scene, "second", "message")));
        Assert.Contains("nothing of it was touched", Status(scene, "second", "dataMessage"), StringComparison.Ordinal);
        Assert.Equal(["False", "False", "True"], ((string[])["Ready", "Succeeded", "Failed"]).Select(type => (string)Condition(scene, "second", type)!["status"]!));
        // What is over can be deleted although no webhook runs.
        await WatchedNamespace.Until(() => Restore(scene, "second")!["metadata"]!["finalizers"] is null && Restore(scene, "first")!["metadata"]!["finalizers"] is null, "the finalizers are gone");

        Assert.Equal(["RestoreFailed", "RestoreQueued", "RestoreStarted", "RestoreSucceeded"], Events(scene, "Restore"));
        Assert.Equal(["RestoreFailed", "RestoreQueued", "RestoreStarted", "RestoreSucceeded"], Events(scene, "StatefulSet"));
        Assert.DoesNotContain(scene.Webhook.Calls, call => call.Status is 401 or 403);
    }

    [Fact]
    public async Task Nothing_is_begun_while_it_cannot_be_noted()
    {
        await using var scene = await Protected();
        using (scene.Api.Faults.Add(request => request.Method == "PATCH" && request.Path.Value!.EndsWith("/restores/first/status", StringComparison.Ordinal), new FakeFault.Answer(403)))
        {
            await Make(scene, "first", Latest);
            await scene.Webhook.Replicas[0].Said("Restore default/first");
            Assert.Empty(Jobs(scene));
        }
        await UntilPhase(scene, "first", "Preparing");
        Assert.Single(Jobs(scene));
    }

    [Fact]
    public async Task A_Backup_that_takes_the_name_of_the_one_that_was_meant_is_not_restored()
    {
        await using var scene = await Protected();
        await MakeBackup(scene);
        var meant = scene.Api.Cluster.Get("backups", "default", "mine")!.Item["metadata"]!;
        await WatchedNamespace.Until(() => DateTimeOffset.UtcNow - DateTimeOffset.Parse((string)meant["creationTimestamp"]!, System.Globalization.CultureInfo.InvariantCulture) > TimeSpan.FromSeconds(1), "another second has begun");
        await Patch(scene, Lease, "spec: {holderIdentity: by-hand-xyz_1, leaseDurationSeconds: 3600, renewTime: '2026-11-23T02:00:00.000000Z', acquireTime: '2026-11-23T02:00:00.000000Z'}");
        await Make(scene, "first", "{backup: mine}");
        await UntilPhase(scene, "first", "Queued");

        await scene.Webhook.Call("DELETE", "/apis/backup.middleware.io/v1/namespaces/default/backups/mine");
        await MakeBackup(scene);
        await Free(scene);

        await UntilPhase(scene, "first", "Failed");
        Assert.Contains("Backup \"mine\" was made after this Restore", Status(scene, "first", "message"), StringComparison.Ordinal);
        Assert.Empty(Jobs(scene));
    }

    [Fact]
    public async Task What_is_over_is_not_run_again_and_what_runs_is_followed_by_the_next_webhook()
    {
        await using var scene = await Protected();
        await Make(scene, "first", Latest);
        await UntilPhase(scene, "first", "Preparing");
        var uid = (string)Job(scene, "first")["metadata"]!["uid"]!;
        var before = scene.Webhook.Replicas.Single();
        before.Signal("KILL");
        await before.Exited();
        await Hold(scene, Job(scene, "first"), "stage", "10");

        await scene.Webhook.Run();
        await UntilPhase(scene, "first", "Staging");
        Assert.Equal(uid, (string)Job(scene, "first")["metadata"]!["uid"]!);
        await Said(scene, Job(scene, "first"), """{"verb":"restore","exitCode":0,"start":"2026-11-22T02:00:00Z","end":"2026-11-22T02:01:00Z","warnings":0,"deleted":0}""");
        await Free(scene);
        await End(scene, Job(scene, "first"), "Complete");
        await UntilPhase(scene, "first", "Succeeded");

        // As ttlSecondsAfterFinished does it; and another webhook, which has never seen it.
        await scene.Webhook.Call("DELETE", $"/apis/batch/v1/namespaces/default/jobs/{Job(scene, "first")["metadata"]!["name"]}?propagationPolicy=Background");
        scene.Webhook.Replicas[^1].Signal("KILL");
        await scene.Webhook.Replicas[^1].Exited();
        await scene.Webhook.Run();
        await Make(scene, "second", Latest);
        await UntilPhase(scene, "second", "Preparing");
        Assert.Equal("Succeeded", Status(scene, "first", "phase"));
        Assert.Equal((string?)Restore(scene, "second")!["metadata"]!["uid"], (string?)Assert.Single(Jobs(scene))["metadata"]!["ownerReferences"]![0]!["uid"]);
    }

    [Fact]
    public async Task One_that_waits_goes_at_once_and_one_that_runs_when_its_run_is_over()
    {
        await using var scene = await Protected();
        await Make(scene, "first", Latest);
        await UntilPhase(scene, "first", "Preparing");
        await Make(scene, "second", Latest);
        await UntilPhase(scene, "second", "Queued");

        await scene.Webhook.Call("DELETE", Restores + "/second");
        await WatchedNamespace.Until(() => Restore(scene, "second") is null, "the one that waits is gone");

        var job = Job(scene, "first");
        var pod = await Said(scene, job, null);
        await Hold(scene, job, "stage", "10");
        await Note(scene, LeaseNotes.Replicas, "1");
        await UntilPhase(scene, "first", "Staging");
        await scene.Webhook.Call("DELETE", Restores + "/first");
        // Its Job is deleted, and its pod told to end.
        await UntilPhase(scene, "first", "RollingBack");
        Assert.Empty(Jobs(scene));
        Assert.Contains("puts the old data back", Status(scene, "first", "message"), StringComparison.Ordinal);
        Assert.Equal("Deleting", (string?)Condition(scene, "first", "Ready")!["reason"]);

        // The pod is gone, and what it has left is not settled.
        await EndPod(scene, pod);
        await Patch(scene, Lease, "spec: {holderIdentity: null}");
        await WatchedNamespace.Until(() => Status(scene, "first", "message")?.Contains("unsettled", StringComparison.Ordinal) == true, "it waits for what is unsettled");
        await Note(scene, LeaseNotes.Replicas, null);
        await WatchedNamespace.Until(() => Restore(scene, "first") is null, "it is gone");
    }

    [Fact]
    public async Task A_Job_that_somebody_deletes_is_a_failure_and_not_made_again()
    {
        await using var scene = await Protected();
        await Make(scene, "first", Latest);
        await UntilPhase(scene, "first", "Preparing");

        await scene.Webhook.Call("DELETE", $"/apis/batch/v1/namespaces/default/jobs/{Job(scene, "first")["metadata"]!["name"]}?propagationPolicy=Background");

        await UntilPhase(scene, "first", "Failed");
        Assert.Contains("was deleted before it had ended, or could not be made; make another Restore", Status(scene, "first", "message"), StringComparison.Ordinal);
        Assert.Empty(Jobs(scene));
    }

    [Fact]
    public async Task What_a_killed_run_left_unsettled_is_told_once_it_is_settled()
    {
        await using var scene = await Protected();
        await Make(scene, "first", Latest);
        await UntilPhase(scene, "first", "Preparing");
        var job = Job(scene, "first");
        await Note(scene, LeaseNotes.Replicas, "1");
        await Note(scene, LeaseNotes.Claim, "data-db-0");
        await End(scene, job, "Failed");
        await UntilPhase(scene, "first", "Failed");
        Assert.Equal("Unsettled", Status(scene, "first", "dataState"));
        // The next one waits for that, and says so.
        await Make(scene, "second", Latest);
        await WatchedNamespace.Until(() => Status(scene, "second", "message")?.Contains("was cut short", StringComparison.Ordinal) == true, "it waits");

        var end = DateTimeOffset.UtcNow.AddMinutes(1).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);
        await Note(scene, LeaseNotes.Report, $$"""{"verb":"restore","exitCode":0,"start":"2026-11-22T02:00:00Z","end":"{{end}}","warnings":[],"data":"RolledBack"}""");
        await Note(scene, LeaseNotes.Replicas, null);

        await WatchedNamespace.Until(() => Status(scene, "first", "dataState") == "RolledBack", "it is settled");
        Assert.Equal("Failed", Status(scene, "first", "phase"));
        await UntilPhase(scene, "second", "Preparing");
    }

    [Fact]
    public async Task A_restore_by_hand_that_holds_the_Lease_is_waited_for_in_the_queue()
    {
        await using var scene = await Protected();
        await Patch(scene, Lease, "spec: {holderIdentity: by-hand-xyz_1, leaseDurationSeconds: 3600, renewTime: '2026-11-23T02:00:00.000000Z', acquireTime: '2026-11-23T02:00:00.000000Z'}");
        await Make(scene, "first", Latest);
        await UntilPhase(scene, "first", "Queued");
        Assert.Contains("by-hand-xyz_1", Status(scene, "first", "message"), StringComparison.Ordinal);

        await Free(scene);

        await UntilPhase(scene, "first", "Preparing");
    }

    [Fact]
    public async Task Nobody_else_writes_a_status_and_a_namespace_with_a_running_restore_can_be_deleted()
    {
        await using var scene = await Protected();
        await Make(scene, "first", Latest);
        await UntilPhase(scene, "first", "Preparing");
        var refused = await scene.Webhook.Patch(Restores + "/first/status", Yaml.Documents("status: {phase: Succeeded}").Single());
        Assert.Equal(403, refused.Status);
        Assert.Contains("status: is written by backup-webhook only", refused.Message, StringComparison.Ordinal);
        var brings = await scene.Webhook.Call("POST", Restores, Item("second", Latest, "{phase: Succeeded}"));
        Assert.Equal(422, brings.Status);
        Assert.Contains("leave it out", brings.Message, StringComparison.Ordinal);
        Assert.Contains("make another Restore", (await scene.Webhook.Patch(Restores + "/first", Yaml.Documents("spec: {fromCluster: other}").Single())).Message, StringComparison.Ordinal);
        var pod = await Said(scene, Job(scene, "first"), null);
        await Hold(scene, Job(scene, "first"), "stage", "10");
        await Note(scene, LeaseNotes.Replicas, "1");
        await UntilPhase(scene, "first", "Staging");

        await scene.Webhook.Call("DELETE", "/api/v1/namespaces/default");
        await UntilPhase(scene, "first", "RollingBack");
        await EndPod(scene, pod);

        await WatchedNamespace.Until(() => Restore(scene, "first") is null, "the restore is gone");
    }

    static async Task<WatchedNamespace> Protected()
    {
        var scene = await WatchedNamespace.Start(1);
        await scene.Webhook.Create(WatchedNamespace.Policy());
        await scene.Webhook.Create(Yaml.Documents("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-db-0, namespace: default}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}").Single());
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await scene.UntilMade("leases", "backup-db-data-db-0", "restore-statefulset-db");
        return scene;
    }

    static JsonObject Item(string name, string spec, string? status = null)
    {
        var item = Yaml.Documents($"{{apiVersion: backup.middleware.io/v1, kind: Restore, metadata: {{name: {name}, namespace: default}}, spec: {spec}}}").Single();
        if (status is not null)
            item["status"] = Yaml.Documents(status).Single();
        return item;
    }

    static Task<JsonObject> Make(WatchedNamespace scene, string name, string spec) => scene.Webhook.Create(Item(name, spec));

    /// <summary>One that has succeeded.</summary>
    static async Task MakeBackup(WatchedNamespace scene)
    {
        await scene.Webhook.Create(Yaml.Documents("{apiVersion: backup.middleware.io/v1, kind: Backup, metadata: {name: mine, namespace: default}, spec: {workload: {name: db}}}").Single());
        JsonNode? Told() => scene.Api.Cluster.Get("backups", "default", "mine")?.Item["status"];
        await WatchedNamespace.Until(() => (string?)Told()?["claims"]?[0]?["job"] is not null, "its Job is made");
        var job = scene.Api.Cluster.Get("jobs", "default", (string)Told()!["claims"]![0]!["job"]!)!.Item;
        await Said(scene, job, """{"verb":"backup","exitCode":0,"start":"2026-11-22T02:00:00Z","end":"2026-11-22T02:01:00Z","id":"20261122t020000z-k3x7qa","warnings":0,"deleted":0}""");
        await End(scene, job, "Complete");
        await WatchedNamespace.Until(() => (string?)Told()?["phase"] == "Succeeded", "the backup is stored");
    }

    static JsonObject? Restore(WatchedNamespace scene, string name) => scene.Api.Cluster.Get("restores", "default", name)?.Item;

    static string? Status(WatchedNamespace scene, string name, string field) => Restore(scene, name)?["status"]?[field]?.ToString();

    static JsonNode? Condition(WatchedNamespace scene, string name, string type) => (Restore(scene, name)?["status"]?["conditions"] as JsonArray)?.FirstOrDefault(one => (string?)one!["type"] == type);

    static Task UntilPhase(WatchedNamespace scene, string name, string phase) =>
        WatchedNamespace.Until(() => Status(scene, name, "phase") == phase, $"{name} is {phase}; it is {Restore(scene, name)?["status"]?.ToJsonString()}");

    static List<JsonObject> Jobs(WatchedNamespace scene) => [.. scene.Api.Cluster.Storage.List(scene.Api.Cluster.Kinds["jobs"], "default")!.Value.Items.Select(entry => entry.Item)
        .Where(job => (string?)job["metadata"]!["ownerReferences"]?[0]?["kind"] == "Restore")];

    static JsonObject Job(WatchedNamespace scene, string restore) => Jobs(scene).Single(job => (string?)job["metadata"]!["ownerReferences"]![0]!["name"] == restore);

    static IEnumerable<string> Events(WatchedNamespace scene, string about) => scene.Api.Cluster.Storage.List(scene.Api.Cluster.Kinds["events"], "default")!.Value.Items.Select(entry => entry.Item)
        .Where(item => (string?)item["involvedObject"]!["kind"] == about).Select(item => (string)item["reason"]!).Where(reason => reason.StartsWith("Restore", StringComparison.Ordinal)).Distinct().Order();

    static Task Hold(WatchedNamespace scene, JsonObject job, string step, string percent) => Patch(scene, Lease, $$$"""
        metadata: {annotations: {{{{LeaseNotes.Phase}}}: {{{step}}}, {{{LeaseNotes.Percent}}}: "{{{percent}}}"} }
        spec: {holderIdentity: {{{job["metadata"]!["name"]}}}-x7k2p_1a2b3c4d, leaseDurationSeconds: 3600, renewTime: '2026-11-23T02:00:00.000000Z', acquireTime: '2026-11-23T02:00:00.000000Z'}
        """);

    static Task Free(WatchedNamespace scene) => Patch(scene, Lease, $"{{metadata: {{annotations: {{{LeaseNotes.Phase}: done}}}}, spec: {{holderIdentity: null}}}}");

    static async Task Note(WatchedNamespace scene, string key, string? value)
    {
        var answer = await scene.Webhook.Patch(Lease, new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [key] = value } } });
        Assert.True(answer.Status == 200, answer.Text);
    }

    static Task Patch(WatchedNamespace scene, string path, string patch) => scene.Patch(path, patch);

    /// <summary>The pod of a Job, with what it said at its end; null: it runs.</summary>
    static async Task<string> Said(WatchedNamespace scene, JsonObject job, string? message, int code = 0)
    {
        var (name, uid) = ((string)job["metadata"]!["name"]!, (string)job["metadata"]!["uid"]!);
        await scene.Webhook.Create(Yaml.Documents($$"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: {{name}}-x7k2p
              namespace: default
              labels: {batch.kubernetes.io/job-name: {{name}}, batch.kubernetes.io/controller-uid: "{{uid}}"}
              ownerReferences: [{apiVersion: batch/v1, kind: Job, name: {{name}}, uid: "{{uid}}", controller: true}]
              finalizers: [test.example.com/kubelet]
            spec: {restartPolicy: Never, containers: [{name: runner, image: a}]}
            """).Single());
        var state = message is null ? new JsonObject { ["running"] = new JsonObject() } : new JsonObject { ["terminated"] = new JsonObject { ["exitCode"] = code, ["message"] = message } };
        var status = new JsonObject
        {
            ["phase"] = message is null ? "Running" : code == 0 ? "Succeeded" : "Failed",
            ["containerStatuses"] = new JsonArray(new JsonObject { ["name"] = "runner", ["ready"] = false, ["restartCount"] = 0, ["image"] = "a", ["imageID"] = "a", ["state"] = state }),
        };
        var answer = await scene.Webhook.Patch($"/api/v1/namespaces/default/pods/{name}-x7k2p/status", new JsonObject { ["status"] = status });
        Assert.True(answer.Status == 200, answer.Text);
        return $"{name}-x7k2p";
    }

    /// <summary>What kubelet does in the end.</summary>
    static Task EndPod(WatchedNamespace scene, string pod) => Patch(scene, $"/api/v1/namespaces/default/pods/{pod}", "metadata: {finalizers: null}");

    static Task End(WatchedNamespace scene, JsonObject job, string condition) => Patch(scene, $"/apis/batch/v1/namespaces/default/jobs/{job["metadata"]!["name"]}/status", $$$"""
        status:
          startTime: '2026-11-23T02:00:00Z'
          conditions: [{type: {{{condition}}}, status: 'True', reason: Ended, message: it has ended, lastProbeTime: '2026-11-23T02:00:00Z', lastTransitionTime: '2026-11-23T02:00:00Z'}]
        """);
}
