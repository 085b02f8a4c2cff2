using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook;

/// <summary>Backups through the real webhook, with Jobs, pods and Leases that are moved by hand.</summary>
public sealed class BackupLoopTests
{
    const string Space = WatchedNamespace.Space;
    const string CronJob = "backup-db-data-db-0";
    const string Backups = $"/apis/backup.middleware.io/v1/namespaces/{Space}/backups";

    static readonly string[] Ids = ["20261120t020000z-aaaaaa", "20261121t020000z-bbbbbb", "20261122t020000z-cccccc"];

    static async Task<WatchedNamespace> Protected()
    {
        var scene = await WatchedNamespace.Start(webhooks: 1);
        await scene.Webhook.Create(WatchedNamespace.Policy());
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await scene.UntilMade("cronjobs", CronJob);
        await scene.UntilMade("leases", CronJob, "restore-statefulset-db");
        return scene;
    }

    static JsonObject Backup(string name = "mine", string spec = "{workload: {name: db}}", string space = Space) =>
        Yaml.Documents($"{{apiVersion: backup.middleware.io/v1, kind: Backup, metadata: {{name: {name}, namespace: {space}}}, spec: {spec}}}").Single();

    static JsonObject? Found(WatchedNamespace scene, string name = "mine") => scene.Api.Cluster.Get("backups", Space, name)?.Item;

    static List<string> Names(WatchedNamespace scene) => [.. scene.Api.Cluster.Storage.List(scene.Api.Cluster.Kinds["backups"], Space)!.Value.Items.Select(one => (string)one.Item["metadata"]!["name"]!).Order(StringComparer.Ordinal)];

    static JsonNode? Claim(WatchedNamespace scene, string name = "mine") => (Found(scene, name)?["status"]?["claims"] as JsonArray)?[0];

    static JsonNode? Condition(WatchedNamespace scene, string type, string name = "mine") => (Found(scene, name)?["status"]?["conditions"] as JsonArray)?.FirstOrDefault(one => (string?)one!["type"] == type);

    static Task UntilPhase(WatchedNamespace scene, string phase, string name = "mine") =>
        WatchedNamespace.Until(() => (string?)Found(scene, name)?["status"]?["phase"] == phase, $"{name} is {phase}; it is {Found(scene, name)?["status"]?.ToJsonString()}");

    static async Task<JsonObject> JobOf(WatchedNamespace scene)
    {
        await WatchedNamespace.Until(() => (string?)Claim(scene)?["job"] is not null, "its Job is made");
        return scene.Api.Cluster.Get("jobs", Space, (string)Claim(scene)!["job"]!)!.Item;
    }

    static Task Hold(WatchedNamespace scene, string? holder, params (string Note, string? Value)[] notes) => scene.Patch($"/apis/coordination.k8s.io/v1/namespaces/{Space}/leases/{CronJob}",
        new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject(notes.Select(note => KeyValuePair.Create(note.Note, (JsonNode?)note.Value))) },
            ["spec"] = new JsonObject { ["holderIdentity"] = holder, ["leaseDurationSeconds"] = 60 },
        }.ToJsonString());

    static Task End(WatchedNamespace scene, string job, bool succeeds, string at = "2026-11-22T02:10:00Z") => scene.Patch($"/apis/batch/v1/namespaces/{Space}/jobs/{job}/status", succeeds
        ? $$"""{"status": {"startTime": "2026-11-22T02:00:00Z", "completionTime": "{{at}}", "conditions": [{"type": "SuccessCriteriaMet", "status": "True", "lastTransitionTime": "{{at}}"}, {"type": "Complete", "status": "True", "lastTransitionTime": "{{at}}"}] } }"""
        : $$"""{"status": {"startTime": "2026-11-22T02:00:00Z", "conditions": [{"type": "FailureTarget", "status": "True", "reason": "PodFailurePolicy", "lastTransitionTime": "{{at}}"}, {"type": "Failed", "status": "True", "reason": "PodFailurePolicy", "lastTransitionTime": "{{at}}"}] } }""");

    static async Task Pod(WatchedNamespace scene, JsonNode job, int exitCode, string message)
    {
        var (name, uid) = ((string)job["metadata"]!["name"]!, (string)job["metadata"]!["uid"]!);
        await scene.Webhook.Create(Yaml.Documents($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: {{name}}-x, namespace: {{Space}}, labels: {batch.kubernetes.io/controller-uid: {{uid}} }, ownerReferences: [{apiVersion: batch/v1, kind: Job, name: {{name}}, uid: {{uid}}, controller: true}]}
            spec: {restartPolicy: Never, containers: [{name: runner, image: r}]}
            """).Single());
        await scene.Patch($"/api/v1/namespaces/{Space}/pods/{name}-x/status", new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["phase"] = exitCode == 0 ? "Succeeded" : "Failed",
                ["containerStatuses"] = new JsonArray(new JsonObject
                {
                    ["name"] = "runner",
                    ["image"] = "r",
                    ["imageID"] = "",
                    ["ready"] = false,
                    ["restartCount"] = 0,
                    ["state"] = new JsonObject { ["terminated"] = new JsonObject { ["exitCode"] = exitCode, ["message"] = message } },
                }),
            },
        }.ToJsonString());
    }

    static string Report(IEnumerable<string> retained, string? made = null, string end = "2026-11-22T02:10:00Z", int exitCode = 0) => new JsonObject
    {
        ["reportVersion"] = 1,
        ["verb"] = "backup",
        ["exitCode"] = exitCode,
        ["start"] = "2026-11-22T02:00:00Z",
        ["end"] = end,
        ["series"] = $"c/{Space}/statefulset/db/data-db-0",
        ["backups"] = made is null ? new JsonArray() : new JsonArray(new JsonObject { ["id"] = made, ["result"] = "done", ["files"] = 3, ["bytes"] = 1000, ["storedBytes"] = 500 }),
        ["retained"] = new JsonObject { ["count"] = retained.Count(), ["others"] = new JsonArray(), ["newest"] = new JsonArray([.. retained.Select(id => (JsonNode)new JsonObject { ["id"] = id, ["files"] = 3, ["bytes"] = 900, ["storedBytes"] = 450 })]) },
    }.ToJsonString();

    static string Record(string id) => $"{CronJob}-{id}";

    [Fact]
    public async Task A_Backup_that_cannot_be_made_is_refused_with_what_to_do()
    {
        await using var scene = await Protected();
        await scene.Webhook.Create(WatchedNamespace.StatefulSet("bare", policy: null));
        await scene.Webhook.Create(WatchedNamespace.StatefulSet("lost", policy: "missing"));
        async Task Refused(string spec, string words)
        {
            var answer = await scene.Webhook.Call("POST", Backups, Backup(spec: spec));
            Assert.True(answer.Status == 422, answer.Text);
            Assert.Contains(words, (string)answer.Json["message"]!, StringComparison.Ordinal);
        }
        await Eventually.True(async () => (await scene.Webhook.Call("POST", Backups, Backup(spec: "{workload: {name: lost}}"))).Text.Contains("no BackupPolicy", StringComparison.Ordinal), "the webhook knows the sets");
        await Refused("{workload: {name: bare}}", "kubectl annotate statefulset bare backup.middleware.io/policy=NAME");
        await Refused("{workload: {name: none}}", "there is no StatefulSet \"none\" in namespace \"default\"");
        await Refused("{workload: {kind: Deployment, name: db}}", "there is no Deployment \"db\"");
        await Refused("{workload: {name: lost}}", "there is no BackupPolicy \"missing\" in namespace \"default\"");
        await Refused("{workload: {name: db}, claim: data-db-7}", "\"data-db-7\" is no claim of StatefulSet \"db\" that is backed up; those are \"data-db-0\"");
        await Refused($"{{workload: {{name: db}}, record: {{id: {Ids[0]}}}}}", "spec.record: is written by the webhook alone");
        await Refused("{workload: {kind: DaemonSet, name: db}}", "spec.workload.kind");
        Assert.Empty(Names(scene));
    }

    [Fact]
    public async Task A_Backup_never_changes_and_its_status_is_nobodys_but_the_webhooks()
    {
        await using var scene = await Protected();
        await scene.Webhook.Create(Backup());
        await JobOf(scene);
        var changed = await scene.Webhook.Patch($"{Backups}/mine", new JsonObject { ["spec"] = new JsonObject { ["claim"] = "data-db-0" } });
        Assert.Contains("a Backup never changes; make another one", changed.Text, StringComparison.Ordinal);
        var forged = await scene.Webhook.Patch($"{Backups}/mine/status", new JsonObject { ["status"] = new JsonObject { ["phase"] = "Succeeded" } });
        Assert.NotEqual(200, forged.Status);
        var exported = Backup("again");
        exported["status"] = new JsonObject { ["phase"] = "Succeeded" };
        var brought = await scene.Webhook.Call("POST", Backups, exported);
        Assert.True(brought.Status == 422, brought.Text);
        Assert.Equal(["mine"], Names(scene));
    }

    [Fact]
    public async Task A_run_shows_how_far_it_is_and_then_what_it_made()
    {
        await using var scene = await Protected();
        await scene.Webhook.Create(Backup());
        var job = await JobOf(scene);
        var name = (string)job["metadata"]!["name"]!;
        Assert.Equal(("Backup", "mine", true), ((string)job["metadata"]!["ownerReferences"]![0]!["kind"]!, (string)job["metadata"]!["ownerReferences"]![0]!["name"]!, (bool)job["metadata"]!["ownerReferences"]![0]!["controller"]!));
        Assert.Equal("Unknown", (string?)Condition(scene, "Succeeded")?["status"]);
        // The same pod as the schedule makes, but that it waits for that one.
        var same = (JsonObject)scene.Api.Cluster.Get("cronjobs", Space, CronJob)!.Item["spec"]!["jobTemplate"]!["spec"]!["template"]!["spec"]!.DeepClone();
        same["containers"]![0]!["args"]!.AsArray().Add((JsonNode)"--lease-wait=12h");
        Assert.Equal(same.ToJsonString(), job["spec"]!["template"]!["spec"]!.ToJsonString());

        await Hold(scene, $"{name}-abcde_1234", (LeaseNotes.Phase, "backup"), (LeaseNotes.Percent, "42"));
        await WatchedNamespace.Until(() => (string?)Found(scene)?["status"]?["progress"] == "42%", "it shows 42%");
        Assert.Equal(("Running", 42, "backup"), ((string?)Claim(scene)!["phase"], (int)Claim(scene)!["progressPercent"]!, (string?)Claim(scene)!["step"]));

        await Pod(scene, job, 0, $$"""{"verb":"backup","exitCode":0,"start":"2026-11-22T02:00:00Z","end":"2026-11-22T02:00:10Z","id":"{{Ids[2]}}","files":3,"bytes":1000,"storedBytes":500,"warnings":2,"firstWarning":"a file changed","deleted":0}""");
        await End(scene, name, succeeds: true);
        await UntilPhase(scene, "Succeeded");
        var claim = Claim(scene)!;
        Assert.Equal((Ids[2], 1000L, 100L, 2, "a file changed"), ((string?)claim["id"], (long)claim["bytes"]!, (long)claim["bytesPerSecond"]!, (int)claim["warnings"]!, (string?)claim["firstWarning"]));
        Assert.Equal(("10s", "1000 B", Ids[2]), ((string?)Found(scene)!["status"]!["duration"], (string?)Found(scene)!["status"]!["size"], (string?)Found(scene)!["status"]!["id"]));
        Assert.Null(Found(scene)!["status"]!["progress"]);
        Assert.Equal(("True", "True", "False"), ((string?)Condition(scene, "Succeeded")!["status"], (string?)Condition(scene, "Ready")!["status"], (string?)Condition(scene, "Failed")!["status"]));
    }

    [Fact]
    public async Task What_is_submitted_in_one_go_with_its_workload_waits_for_what_that_gets()
    {
        await using var scene = await WatchedNamespace.Start(webhooks: 1);
        // Somebody else's object in the way of the CronJob: the run would have an account and a Lease, or not.
        await scene.Webhook.Create(Yaml.Documents($$"""
            {apiVersion: batch/v1, kind: CronJob, metadata: {name: {{CronJob}}, namespace: {{Space}} }, spec: {schedule: "0 0 1 1 *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}] } } } } } }
            """).Single());
        await scene.Webhook.Create(WatchedNamespace.Policy());
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await Eventually.True(async () => (await scene.Webhook.Call("POST", Backups, Backup())).Status == 201, "the webhook knows the set");
        await WatchedNamespace.Until(() => ((string?)Condition(scene, "Ready")?["message"])?.Contains($"CronJob \"{CronJob}\" is not there yet", StringComparison.Ordinal) == true, "it waits");
        Assert.Empty(scene.Api.Cluster.Storage.List(scene.Api.Cluster.Kinds["jobs"], Space)!.Value.Items);
        await scene.Webhook.Call("DELETE", $"/apis/batch/v1/namespaces/{Space}/cronjobs/{CronJob}");
        await scene.Patch($"/apis/apps/v1/namespaces/{Space}/statefulsets/db", "metadata: {labels: {touched: \"yes\"}}");
        await JobOf(scene);
    }

    [Fact]
    public async Task A_failure_is_told_in_the_runners_words_with_its_exit_code()
    {
        await using var scene = await Protected();
        await scene.Webhook.Create(Backup());
        var job = await JobOf(scene);
        await Pod(scene, job, 4, """{"verb":"backup","exitCode":4,"start":"2026-11-22T02:00:00Z","end":"2026-11-22T02:00:10Z","error":"the bucket \"b\" does not exist","hint":"make it","warnings":0,"deleted":0}""");
        await End(scene, (string)job["metadata"]!["name"]!, succeeds: false);
        await UntilPhase(scene, "Failed");
        Assert.Equal(("the bucket \"b\" does not exist; make it", 4), ((string?)Claim(scene)!["message"], (int)Claim(scene)!["exitCode"]!));
        Assert.Equal(("True", "the bucket \"b\" does not exist; make it"), ((string?)Condition(scene, "Failed")!["status"], (string?)Condition(scene, "Failed")!["message"]));
        Assert.Equal("False", (string?)Condition(scene, "Succeeded")!["status"]);
    }

    [Fact]
    public async Task A_Job_that_is_deleted_before_its_end_is_no_success_and_is_not_made_again()
    {
        await using var scene = await Protected();
        await scene.Webhook.Create(Backup());
        var job = (string)(await JobOf(scene))["metadata"]!["name"]!;
        await scene.Webhook.Call("DELETE", $"/apis/batch/v1/namespaces/{Space}/jobs/{job}?propagationPolicy=Background");
        await UntilPhase(scene, "Failed");
        Assert.StartsWith($"Job \"{job}\" was deleted before it was seen to end", (string?)Claim(scene)!["message"], StringComparison.Ordinal);
        Assert.Null(scene.Api.Cluster.Get("jobs", Space, job));
    }

    [Fact]
    public async Task What_is_over_is_not_begun_again_by_another_replica()
    {
        await using var scene = await Protected();
        await scene.Webhook.Create(Backup());
        var job = await JobOf(scene);
        var name = (string)job["metadata"]!["name"]!;
        await Pod(scene, job, 0, $$"""{"verb":"backup","exitCode":0,"start":"2026-11-22T02:00:00Z","end":"2026-11-22T02:00:10Z","id":"{{Ids[2]}}","warnings":0,"deleted":0}""");
        await End(scene, name, succeeds: true);
        await UntilPhase(scene, "Succeeded");
        await scene.Webhook.Call("DELETE", $"/apis/batch/v1/namespaces/{Space}/jobs/{name}?propagationPolicy=Background");
        var first = scene.Webhook.Replicas[0];
        await scene.Webhook.Run();
        first.Signal("TERM");
        await first.Exited();
        await scene.Webhook.Replicas[1].Said("looked at everything");
        Assert.Null(scene.Api.Cluster.Get("jobs", Space, name));
        Assert.Equal("Succeeded", (string?)Found(scene)!["status"]!["phase"]);
    }

    [Fact]
    public async Task The_catalogue_follows_the_store()
    {
        await using var scene = await Protected();
        await Hold(scene, null, (LeaseNotes.Report, Report(Ids, made: Ids[2])));
        foreach (var id in Ids)
            await UntilPhase(scene, "Succeeded", Record(id));
        Assert.Equal([.. Ids.Select(Record)], Names(scene));
        Assert.Equal((Ids[0], 900L), ((string?)Claim(scene, Record(Ids[0]))!["id"], (long)Claim(scene, Record(Ids[0]))!["bytes"]!));

        // Whoever deletes a record deletes no backup.
        Assert.Equal(200, (await scene.Webhook.Call("DELETE", $"{Backups}/{Record(Ids[1])}")).Status);
        await UntilPhase(scene, "Succeeded", Record(Ids[1]));

        // A run that failed, and one whose listing failed, remove nothing; then retention does.
        var silent = (JsonObject)JsonNode.Parse(Report([], end: "2026-11-23T02:10:00Z", exitCode: 4))!;
        silent.Remove("retained");
        await Hold(scene, null, (LeaseNotes.Report, silent.ToJsonString()));
        await Hold(scene, null, (LeaseNotes.Report, Report(Ids[1..], end: "2026-11-24T02:10:00Z")));
        await WatchedNamespace.Until(() => Names(scene).SequenceEqual(Ids[1..].Select(Record)), $"the first is gone: {string.Join(", ", Names(scene))}");
        Assert.DoesNotContain(scene.Webhook.Calls, call => call.Status is 401 or 403);
    }

    [Fact]
    public async Task What_a_verification_finds_stands_on_the_Backup_that_it_read()
    {
        const string verification = "verify-db-data-db-0";
        await using var scene = await WatchedNamespace.Start(webhooks: 1);
        await scene.Webhook.Create(WatchedNamespace.Policy("{verification: {schedule: '0 5 * * *', mode: full}}"));
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await scene.UntilMade("cronjobs", CronJob, verification);
        await Hold(scene, null, (LeaseNotes.Report, Report(Ids, made: Ids[2])));
        foreach (var id in Ids)
            await UntilPhase(scene, "Succeeded", Record(id));

        var good = await Job(scene, verification, "good");
        await Pod(scene, good, 0, $$"""{"verb":"verify","exitCode":0,"start":"2026-11-22T05:00:00Z","end":"2026-11-22T05:00:10Z","id":"{{Ids[2]}}","verification":"full","warnings":0,"deleted":0}""");
        await End(scene, "good", succeeds: true);
        await WatchedNamespace.Until(() => (string?)Claim(scene, Record(Ids[2]))?["lastVerified"] == "2026-11-22T02:10:00Z", "the newest is verified");
        Assert.Equal("full", (string?)Claim(scene, Record(Ids[2]))!["verification"]);
        Assert.Equal("2026-11-22T02:10:00Z", (string?)Found(scene, Record(Ids[2]))!["status"]!["lastVerified"]);
        Assert.Equal("True", (string?)Condition(scene, "Succeeded", Record(Ids[2]))?["status"]);
        Assert.Null(Claim(scene, Record(Ids[1]))!["lastVerified"]);

        var bad = await Job(scene, verification, "bad");
        await Pod(scene, bad, 5, $$"""{"verb":"verify","exitCode":5,"start":"2026-11-23T05:00:00Z","end":"2026-11-23T05:00:10Z","id":"{{Ids[2]}}","verification":"full","error":"it is damaged","hint":"look","warnings":0,"deleted":0}""");
        await End(scene, "bad", succeeds: false, "2026-11-23T05:00:11Z");
        await WatchedNamespace.Until(() => (string?)Claim(scene, Record(Ids[2]))?["verificationMessage"] == "it is damaged; look", "the failure is told");
        Assert.Equal("2026-11-22T02:10:00Z", (string?)Claim(scene, Record(Ids[2]))!["lastVerified"]);
        // It is no backup that failed.
        Assert.Equal(3, Names(scene).Count);
        await scene.UntilStatus("the last verification of claim \"data-db-0\" failed");
    }

    static Task<JsonObject> Job(WatchedNamespace scene, string cronJob, string name)
    {
        var from = scene.Api.Cluster.Get("cronjobs", Space, cronJob)!.Item;
        return scene.Webhook.Create(new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = Space,
                ["labels"] = from["spec"]!["jobTemplate"]!["metadata"]!["labels"]!.DeepClone(),
                ["ownerReferences"] = new JsonArray(new JsonObject { ["apiVersion"] = "batch/v1", ["kind"] = "CronJob", ["name"] = cronJob, ["uid"] = (string)from["metadata"]!["uid"]!, ["controller"] = true }),
            },
            ["spec"] = from["spec"]!["jobTemplate"]!["spec"]!.DeepClone(),
        });
    }

    [Fact]
    public async Task A_scheduled_run_that_failed_is_in_the_catalogue_until_a_later_one_has_ended()
    {
        await using var scene = await Protected();
        var job = await Job(scene, CronJob, "night");
        await Pod(scene, job, 137, "");
        await End(scene, "night", succeeds: false);
        var name = ClusterNames.OfFailure(CronJob, (string)job["metadata"]!["uid"]!);
        await UntilPhase(scene, "Failed", name);
        Assert.StartsWith("the runner was killed, most likely for its memory", (string?)Claim(scene, name)!["message"], StringComparison.Ordinal);
        await scene.Webhook.Call("DELETE", $"/apis/batch/v1/namespaces/{Space}/jobs/night?propagationPolicy=Background");

        // A week is over, and it is still the last that is known; then one succeeds.
        await Hold(scene, null, (LeaseNotes.Report, Report(["20261123t020000z-dddddd"], made: "20261123t020000z-dddddd", end: "2026-11-23T02:10:00Z")));
        await WatchedNamespace.Until(() => Names(scene).SequenceEqual([Record("20261123t020000z-dddddd")]), $"the failure goes: {string.Join(", ", Names(scene))}");
    }
}
