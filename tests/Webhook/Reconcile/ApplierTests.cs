using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Tests.Webhook;

/// <summary>What people and other programs do to our objects, and what becomes of it.</summary>
public sealed class ApplierTests : IAsyncLifetime
{
    const string Space = "default";

    FakeKubeApi api = null!;
    FakeCaller admin = null!;
    KubeClient kube = null!;
    OwnObjects own = null!;
    Applier applier = null!;
    readonly Scratch scratch = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        api = await FakeKubeApi.Start(Cancel);
        admin = new FakeCaller(api, api.AdminToken);
        kube = new KubeClient(KubeConfig.FromFile(scratch.File("kubeconfig", WebhookInstallation.KubeconfigText(api, api.AdminToken)), null), TimeProvider.System);
        (own, applier) = New();
    }

    public async ValueTask DisposeAsync()
    {
        kube.Dispose();
        admin.Dispose();
        await api.DisposeAsync();
        scratch.Dispose();
    }

    (OwnObjects, Applier) New()
    {
        var objects = new OwnObjects();
        return (objects, new Applier(kube, objects));
    }

    static WantedObject Wanted(string schedule = "0 2 * * *", string label = "statefulset.redis") => new(OwnKinds.Of("cronjobs"), Space, "backup-redis", Yaml.Documents($$$"""
        apiVersion: batch/v1
        kind: CronJob
        metadata:
          name: backup-redis
          namespace: {{{Space}}}
          labels: {backup.middleware.io/for: {{{label}}}}
        spec:
          schedule: {{{schedule}}}
          suspend: false
          jobTemplate:
            spec:
              template:
                spec:
                  restartPolicy: Never
                  containers:
                    - {name: runner, image: "backup-runner:1", args: [backup], volumeMounts: [{name: tmp, mountPath: /tmp}]}
                  volumes: [{name: tmp, emptyDir: {}}]
        """).Single());

    static WantedObject Binding(string role) => new(OwnKinds.Of("rolebindings"), Space, "backup-redis", Yaml.Documents($$$"""
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: backup-redis, namespace: {{{Space}}}, labels: {backup.middleware.io/for: statefulset.redis}}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{{role}}}}
        subjects: [{kind: ServiceAccount, name: backup-redis, namespace: {{{Space}}}}]
        """).Single());

    JsonObject Stored => api.Cluster.Get("cronjobs", Space, "backup-redis")!.Item;

    JsonNode Pod => Stored["spec"]!["jobTemplate"]!["spec"]!["template"]!["spec"]!;

    int Writes => api.Log.Count(entry => entry.Method is not "GET");

    /// <summary>What a watch would tell.</summary>
    async Task Watch(string plural = "cronjobs")
    {
        var item = await kube.Get(OwnKinds.Of(plural), Space, "backup-redis", Cancel);
        if (item is not null && OwnObject.Of(plural, item) is { } now)
            own.Put(now);
        else
            own.Remove(new ObjectKey(plural, Space, "backup-redis"));
    }

    async Task Edit(string patch)
    {
        var answer = await admin.Call("PATCH", $"/apis/batch/v1/namespaces/{Space}/cronjobs/backup-redis?fieldManager=somebody", Yaml.Documents(patch).Single().ToJsonString(), "application/strategic-merge-patch+json");
        Assert.True(answer.Status == 200, answer.Text);
    }

    [Fact]
    public async Task A_second_pass_writes_nothing_also_after_a_restart()
    {
        Assert.True(await applier.Ensure(Wanted(), Cancel));
        var writes = Writes;

        Assert.False(await applier.Ensure(Wanted(), Cancel));
        await Watch();
        Assert.False(await applier.Ensure(Wanted(), Cancel));
        (own, applier) = New();
        await Watch();
        Assert.False(await applier.Ensure(Wanted(), Cancel));

        Assert.Equal(writes, Writes);
    }

    [Fact]
    public async Task A_change_of_what_is_wanted_is_applied()
    {
        await applier.Ensure(Wanted(), Cancel);

        Assert.True(await applier.Ensure(Wanted("0 3 * * *"), Cancel));

        Assert.Equal("0 3 * * *", (string?)Stored["spec"]!["schedule"]);
    }

    [Theory]
    [InlineData("spec: {schedule: 0 4 * * *}")]
    [InlineData("spec: {suspend: true}")]
    [InlineData("spec: {jobTemplate: {spec: {template: {spec: {hostNetwork: true}}}}}")]
    [InlineData("spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: spy, image: evil}]}}}}}")]
    [InlineData("spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: runner, env: [{name: A, value: b}]}]}}}}}")]
    [InlineData("spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: runner, args: [restore]}]}}}}}")]
    [InlineData("spec: {jobTemplate: {metadata: {annotations: {backup.middleware.io/restore: StatefulSet/redis}}}}")]
    [InlineData("spec: {jobTemplate: {spec: {template: {spec: {volumes: [{name: host, hostPath: {path: /}}]}}}}}")]
    public async Task What_somebody_edits_or_adds_is_put_right(string patch)
    {
        await applier.Ensure(Wanted(), Cancel);
        var good = Stored["spec"]!.ToJsonString();
        await Edit(patch);
        Assert.NotEqual(good, Stored["spec"]!.ToJsonString());
        await Watch();

        Assert.True(await applier.Ensure(Wanted(), Cancel));

        Assert.Equal(good, Stored["spec"]!.ToJsonString());
        await Watch();
        Assert.False(await applier.Ensure(Wanted(), Cancel));
    }

    [Fact]
    public async Task Labels_and_annotations_of_others_stay_and_the_owner_comes_back()
    {
        await applier.Ensure(Wanted(), Cancel);
        await Edit("metadata: {labels: {team: db}, annotations: {note: x}}");
        await Watch();

        Assert.False(await applier.Ensure(Wanted(), Cancel));

        Assert.Equal("db", (string?)Stored["metadata"]!["labels"]!["team"]);
    }

    [Fact]
    public async Task What_was_deleted_is_made_again()
    {
        await applier.Ensure(Wanted(), Cancel);
        await admin.Call("DELETE", $"/apis/batch/v1/namespaces/{Space}/cronjobs/backup-redis");
        await Watch();

        Assert.True(await applier.Ensure(Wanted(), Cancel));

        Assert.Equal("0 2 * * *", (string?)Stored["spec"]!["schedule"]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{backup.middleware.io/for: statefulset.other}")]
    public async Task What_is_not_ours_is_left_alone(string labels)
    {
        var foreign = Wanted("0 9 * * *").Body;
        foreign["metadata"]!["labels"] = Yaml.Documents(labels).Single();
        Assert.Equal(201, (await admin.Call("POST", $"/apis/batch/v1/namespaces/{Space}/cronjobs", foreign.ToJsonString())).Status);
        var before = Stored.ToJsonString();

        for (var look = 0; look < 2; look++)
        {
            var refused = await Assert.ThrowsAsync<RefusedObjectException>(() => applier.Ensure(Wanted(), Cancel));
            Assert.Contains("exists and is not ours", refused.Message, StringComparison.Ordinal);
            // The second time a watch has told of it.
            await Watch();
        }
        Assert.Equal(before, Stored.ToJsonString());
    }

    [Fact]
    public async Task An_object_that_took_the_name_of_ours_meanwhile_is_left_alone()
    {
        await applier.Ensure(Wanted(), Cancel);
        await admin.Call("DELETE", $"/apis/batch/v1/namespaces/{Space}/cronjobs/backup-redis");
        var foreign = Wanted("0 9 * * *").Body;
        foreign["metadata"]!["labels"] = new JsonObject();
        await admin.Call("POST", $"/apis/batch/v1/namespaces/{Space}/cronjobs", foreign.ToJsonString());

        // The watch has not told of it yet.
        await Assert.ThrowsAsync<KubeException>(() => applier.Ensure(Wanted("0 3 * * *"), Cancel));

        Assert.Equal("0 9 * * *", (string?)Stored["spec"]!["schedule"]);
        Assert.Null(Stored["metadata"]!["labels"]?[ClusterNames.ForLabel]);
    }

    [Fact]
    public async Task A_binding_to_another_role_which_cannot_be_changed_is_made_anew()
    {
        await applier.Ensure(Binding("spy"), Cancel);

        Assert.True(await applier.Ensure(Binding("backup-redis"), Cancel));

        Assert.Equal("backup-redis", (string?)api.Cluster.Get("rolebindings", Space, "backup-redis")!.Item["roleRef"]!["name"]);
    }

    [Fact]
    public async Task A_denial_deletes_nothing()
    {
        await applier.Ensure(Binding("backup-redis"), Cancel);
        using var fault = api.Faults.Add(request => request.Method == "PATCH", new FakeFault.Answer(422));

        await Assert.ThrowsAsync<RefusedObjectException>(() => applier.Ensure(Binding("other"), Cancel));

        Assert.Equal("backup-redis", (string?)api.Cluster.Get("rolebindings", Space, "backup-redis")!.Item["roleRef"]!["name"]);
    }

    [Fact]
    public async Task What_the_server_always_adds_is_not_fought_over()
    {
        // As a mutating webhook of somebody else does.
        api.Cluster.Storage.Changed += change =>
        {
            if (change.Key.Plural == "cronjobs" && change.New is { } now && now.Item["spec"]!["jobTemplate"]!["spec"]!["template"]!["spec"]!["priority"] is null)
                now.Item["spec"]!["jobTemplate"]!["spec"]!["template"]!["spec"]!["priority"] = 7;
        };
        await applier.Ensure(Wanted(), Cancel);
        await Watch();
        await applier.Ensure(Wanted(), Cancel);
        await Watch();
        var writes = Writes;

        Assert.False(await applier.Ensure(Wanted(), Cancel));

        Assert.Equal(7, (int?)Pod["priority"]);
        Assert.Equal(writes, Writes);
    }

    [Fact]
    public async Task Removal_takes_the_very_object_that_was_seen()
    {
        await applier.Ensure(Wanted(), Cancel);
        var seen = own.Find(new ObjectKey("cronjobs", Space, "backup-redis"))!;
        await admin.Call("DELETE", $"/apis/batch/v1/namespaces/{Space}/cronjobs/backup-redis");
        await admin.Call("POST", $"/apis/batch/v1/namespaces/{Space}/cronjobs", Wanted("0 9 * * *").Body.ToJsonString());

        await Assert.ThrowsAsync<KubeException>(() => applier.Remove(seen, OwnKinds.Of("cronjobs"), Cancel));

        Assert.Equal("0 9 * * *", (string?)Stored["spec"]!["schedule"]);
    }
}
