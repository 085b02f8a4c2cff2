using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook;

/// <summary>While nobody answers for the Service of the webhook, only what carries our annotations cannot be changed.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    const string Sets = "/apis/apps/v1/namespaces/default/statefulsets";
    const string Away = "service \"backup-webhook\" not found";

    FakeKubeApi api = null!;
    FakeCaller admin = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        api = await Rendered.Cluster(Cancel);
        admin = new FakeCaller(api, api.AdminToken);
    }

    public async ValueTask DisposeAsync()
    {
        admin.Dispose();
        await api.DisposeAsync();
    }

    [Fact]
    public async Task What_has_no_annotation_of_ours_is_deployed_changed_scaled_and_deleted()
    {
        Assert.Equal(201, (await Make("plain", [])).Status);
        Assert.Equal(200, (await admin.Call("PATCH", Sets + "/plain", """{"metadata":{"annotations":{"theirs":"x"}},"spec":{"replicas":2}}""", "application/merge-patch+json")).Status);
        Assert.Equal(200, (await admin.Call("PATCH", Sets + "/plain/scale", """{"spec":{"replicas":3}}""", "application/merge-patch+json")).Status);
        Assert.Equal(200, (await admin.Call("DELETE", Sets + "/plain")).Status);
    }

    [Fact]
    public async Task What_has_one_scales_and_gets_a_status_and_goes_but_is_not_changed()
    {
        // Annotated before the outage.
        Assert.Equal(201, (await Make("held", [])).Status);
        var held = (JsonObject)api.Cluster.Get("statefulsets", "default", "held")!.Item.DeepClone();
        held["metadata"]!["annotations"] = new JsonObject { ["backup.middleware.io/policy"] = "nightly" };
        held["metadata"]!["finalizers"] = new JsonArray("example.com/wait");
        api.Cluster.Put(api.Cluster.Kinds["statefulsets"], held);
        var changed = await admin.Call("PATCH", Sets + "/held", """{"spec":{"replicas":2}}""", "application/merge-patch+json");
        Assert.Equal(500, changed.Status);
        Assert.Contains(Away, changed.Message, StringComparison.Ordinal);
        Assert.Equal(200, (await admin.Call("PATCH", Sets + "/held/scale", """{"spec":{"replicas":3}}""", "application/merge-patch+json")).Status);
        Assert.Equal(200, (await admin.Call("PATCH", Sets + "/held/status", """{"status":{"replicas":3}}""", "application/merge-patch+json")).Status);
        Assert.Equal(200, (await admin.Call("DELETE", Sets + "/held")).Status);
        // Controllers finish the deletion by an update.
        Assert.Equal(200, (await admin.Call("PATCH", Sets + "/held", """{"metadata":{"finalizers":null}}""", "application/merge-patch+json")).Status);
        Assert.Equal(404, (await admin.Call("GET", Sets + "/held")).Status);
    }

    [Fact]
    public async Task A_policy_that_is_being_deleted_goes_to_the_end()
    {
        const string Policies = "/apis/backup.middleware.io/v1/namespaces/default/backuppolicies";
        var policy = Yaml.Documents("{apiVersion: backup.middleware.io/v1, kind: BackupPolicy, metadata: {name: p, namespace: default, uid: u, resourceVersion: '1', finalizers: [example.com/wait]}, spec: {storage: {provider: file, path: /b}}}").Single();
        api.Cluster.Put(api.Cluster.Kinds["backuppolicies"], policy);
        Assert.Equal(500, (await admin.Call("PATCH", Policies + "/p", """{"spec":{"enabled":false}}""", "application/merge-patch+json")).Status);

        Assert.Equal(200, (await admin.Call("DELETE", Policies + "/p")).Status);

        Assert.Equal(200, (await admin.Call("PATCH", Policies + "/p", """{"metadata":{"finalizers":null}}""", "application/merge-patch+json")).Status);
        Assert.Equal(404, (await admin.Call("GET", Policies + "/p")).Status);
    }

    [Fact]
    public async Task Annotations_are_neither_set_nor_removed_unseen()
    {
        Assert.Contains(Away, (await Make("new", new JsonObject { ["backup.middleware.io/policy"] = "nightly" })).Message, StringComparison.Ordinal);
        Assert.Equal(201, (await Make("later", [])).Status);
        Assert.Equal(500, (await admin.Call("PATCH", Sets + "/later", """{"metadata":{"annotations":{"backup.middleware.io/policy":"nightly"}}}""", "application/merge-patch+json")).Status);
        api.Cluster.Put(api.Cluster.Kinds["statefulsets"], Set("held", new JsonObject { ["backup.middleware.io/policy"] = "nightly" }));
        Assert.Equal(500, (await admin.Call("PATCH", Sets + "/held", """{"metadata":{"annotations":null}}""", "application/merge-patch+json")).Status);
    }

    [Fact]
    public async Task Jobs_run_unless_they_restore_and_policies_wait()
    {
        Assert.Equal(201, (await Rendered.Create(api, admin, Job("plain", []))).Status);
        Assert.Contains(Away, (await Rendered.Create(api, admin, Job("restore", new JsonObject { ["backup.middleware.io/restore"] = "StatefulSet/redis" }))).Message, StringComparison.Ordinal);
        var policy = Yaml.Documents("{apiVersion: backup.middleware.io/v1, kind: BackupPolicy, metadata: {name: p, namespace: default}, spec: {storage: {provider: file, path: /b}}}").Single();
        Assert.Contains(Away, (await Rendered.Create(api, admin, policy)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kube-system")]
    [InlineData("backup-system")]
    public async Task The_clusters_own_namespaces_and_ours_depend_on_nobody(string @namespace)
    {
        var item = Set("annotated", new JsonObject { ["backup.middleware.io/policy"] = "nightly" });
        item["metadata"]!["namespace"] = @namespace;
        Assert.Equal((201, ""), await Rendered.Create(api, admin, item));
    }

    async Task<(int Status, string Message)> Make(string name, JsonObject annotations) => await Rendered.Create(api, admin, Set(name, annotations));

    static JsonObject Set(string name, JsonObject annotations)
    {
        var item = Yaml.Documents($$$"""
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: {{{name}}}, namespace: default}
            spec:
              serviceName: s
              replicas: 1
              selector: {matchLabels: {a: b}}
              template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}
            """).Single();
        item["metadata"]!["annotations"] = annotations;
        return item;
    }

    static JsonObject Job(string name, JsonObject annotations)
    {
        var item = Yaml.Documents($$$"""
            apiVersion: batch/v1
            kind: Job
            metadata: {name: {{{name}}}, namespace: default}
            spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]} } }
            """).Single();
        item["metadata"]!["annotations"] = annotations;
        return item;
    }
}
