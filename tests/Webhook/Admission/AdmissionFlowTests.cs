using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Tests.Kube.Fake;

namespace BackupRunner.Tests.Webhook;

/// <summary>What users do, through the API server, its RBAC and its calls of the webhook.</summary>
public sealed class AdmissionFlowTests : IAsyncLifetime
{
    const string Sets = "/apis/apps/v1/namespaces/default/statefulsets";
    const string Jobs = "/apis/batch/v1/namespaces/default/jobs";
    const string Policies = "/apis/backup.middleware.io/v1/namespaces/default/backuppolicies";

    FakeKubeApi api = null!;
    FakeCaller admin = null!;
    KubeClient kube = null!;
    AdmissionServer server = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        api = await FakeKubeApi.Start(Cancel);
        admin = new FakeCaller(api, api.AdminToken);
        await api.AddNamespace("vault", Cancel);
        await Make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: backuppolicies.backup.middleware.io}
            spec:
              group: backup.middleware.io
              scope: Namespaced
              names: {plural: backuppolicies, singular: backuppolicy, kind: BackupPolicy}
              versions:
                - name: v1
                  served: true
                  storage: true
                  schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}
            """);
        var authorities = new System.Security.Cryptography.X509Certificates.X509Certificate2Collection();
        authorities.ImportFromPem(api.AuthorityPem);
        kube = new KubeClient(new() { Server = api.Address, Authorities = authorities, Token = BearerToken.Of(api.AdminToken) }, TimeProvider.System);
        server = await AdmissionServer.Start(api.Authority, new ListedCluster(api), kube.IsAllowed);
        await server.Register(api, admin);
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        kube.Dispose();
        admin.Dispose();
        await api.DisposeAsync();
    }

    [Fact]
    public async Task A_chart_in_any_order_then_a_restore_then_the_end_of_protection()
    {
        var made = await Make(Sets, Scene.Redis);
        Assert.Contains("does not exist; nothing is backed up until it does", Assert.Single(made.Warnings));
        Assert.Equal(("true", "data"), (Label("redis"), Annotation("redis", "claims")));
        Assert.Contains(await WarningsOf(Policies, Scene.Nightly), warning => warning.Contains("encryption"));

        var spec = Stored("redis")["spec"]!.ToJsonString();
        var job = await Make(Jobs, RestoreJobAdmissionTests.Job("StatefulSet/redis", null, "latest").ToJsonString());
        var stored = api.Cluster.Get("jobs", "default", "restore")!.Item;
        Assert.Equal(201, job.Status);
        Assert.Equal("data-redis-0", (string?)stored["metadata"]!["annotations"]!["backup.middleware.io/claim"]);
        Assert.Equal("restore-redis", (string?)stored["spec"]!["template"]!["spec"]!["serviceAccountName"]);

        Assert.Equal(200, (await Annotate("redis", "null", admin)).Status);
        Assert.Equal((null, null), (Label("redis"), Annotation("redis", "claims")));
        Assert.Equal(spec, Stored("redis")["spec"]!.ToJsonString());
    }

    [Fact]
    public async Task A_dry_run_writes_nothing()
    {
        await Make(Sets, Scene.Redis.Replace(", annotations: {backup.middleware.io/policy: nightly}", ""));
        var calls = api.Log.Count;
        var answer = await admin.Call("PATCH", $"{Sets}/redis?dryRun=All", """{"metadata":{"annotations":{"backup.middleware.io/policy":"nightly"}}}""", "application/merge-patch+json");
        Assert.Equal("true", (string?)answer.Json!["metadata"]!["labels"]!["backup.middleware.io/protected"]);
        Assert.Null(Annotation("redis", "policy"));
        Assert.Equal(calls + 1, api.Log.Count);
    }

    [Fact]
    public async Task A_denial_reaches_the_user_with_all_its_lines()
    {
        var refused = await admin.Call("POST", Sets, Scene.Object(Scene.Redis.Replace("/policy: nightly", "/polcy: nightly, backup.middleware.io/policy: \"\"")).ToJsonString());
        Assert.Equal(422, refused.Status);
        Assert.StartsWith("admission webhook \"workloads.validate.backup.middleware.io\" denied the request: metadata.annotations: unknown annotation \"backup.middleware.io/polcy\"; did you mean", refused.Message);
        Assert.Contains("\nmetadata.annotations[backup.middleware.io/policy]: \"\" is no name", refused.Message);
    }

    [Fact]
    public async Task A_new_image_of_a_workload_with_a_broken_annotation_rolls_out()
    {
        await Make(Sets, Scene.Redis);
        var broken = (JsonObject)Stored("redis").DeepClone();
        broken["metadata"]!["annotations"]!["backup.middleware.io/polcy"] = "made while the webhook was away";
        api.Cluster.Put(api.Cluster.Kinds["statefulsets"], broken);
        var rolled = await admin.Call("PATCH", $"{Sets}/redis", """{"spec":{"template":{"spec":{"containers":[{"name":"redis","image":"redis:8","volumeMounts":[{"name":"data","mountPath":"/data"}]}]}}}}""", "application/merge-patch+json");
        Assert.True(rolled.Status == 200, rolled.Text);
        Assert.Equal(422, (await Annotate("redis", "\"weekly\"", admin)).Status);
    }

    [Fact]
    public async Task An_author_gets_no_Secret_that_he_may_not_read_himself()
    {
        await Grant("author", "default", """[{"apiGroups":["backup.middleware.io"],"resources":["backuppolicies"],"verbs":["create","update","patch"]}]""");
        using var author = As("author");
        var policy = Scene.Object(Scene.Nightly.Replace("region: eu-west-1", "region: eu-west-1, secretRef: {name: cred, namespace: vault}"));
        var refused = await author.Call("POST", Policies, policy.ToJsonString());
        Assert.Equal((403, true), (refused.Status, refused.Message!.EndsWith("user \"system:serviceaccount:default:author\" may not get secrets \"cred\" in namespace \"vault\", which backup.storage.secretRef reads", StringComparison.Ordinal)));
        await Grant("author", "vault", """[{"apiGroups":[""],"resources":["secrets"],"resourceNames":["cred"],"verbs":["get"]}]""");
        Assert.Equal(201, (await author.Call("POST", Policies, policy.ToJsonString())).Status);

        policy["spec"]!["commands"] = new JsonObject { ["backup"] = "cat /etc/passwd" };
        Assert.Contains("may not create pods/exec in namespace \"default\"", (await author.Call("PATCH", Policies + "/nightly", new JsonObject { ["spec"] = policy["spec"]!.DeepClone() }.ToJsonString(), "application/merge-patch+json")).Message);
        Assert.Equal(200, (await author.Call("PATCH", Policies + "/nightly", """{"metadata":{"labels":{"a":"b"}}}""", "application/merge-patch+json")).Status);
    }

    [Fact]
    public async Task Without_an_answer_about_rights_nothing_passes()
    {
        api.Faults.Add(request => request.Path.Value!.EndsWith("/subjectaccessreviews", StringComparison.Ordinal), new FakeFault.Answer(500));
        var refused = await admin.Call("POST", Policies, Scene.Object(Scene.Nightly + "\n  restore: {healthCommand: \"true\"}").ToJsonString());
        Assert.Equal(503, refused.Status);
        Assert.Contains("cannot tell whether user \"admin\" may create pods/exec", refused.Message);
    }

    [Fact]
    public async Task Who_may_only_make_Jobs_cannot_restore()
    {
        await Make(Policies, Scene.Nightly);
        await Make(Sets, Scene.Redis);
        await Grant("jobber", "default", """[{"apiGroups":["batch"],"resources":["jobs"],"verbs":["create"]}]""");
        using var jobber = As("jobber");
        var job = RestoreJobAdmissionTests.Job("StatefulSet/redis", null, "latest").ToJsonString();
        var refused = await jobber.Call("POST", Jobs, job);
        Assert.Equal(403, refused.Status);
        Assert.Contains("may not patch statefulsets/scale \"redis\"", refused.Message);
        await Grant("jobber", "default", """[{"apiGroups":["apps"],"resources":["statefulsets/scale"],"resourceNames":["redis"],"verbs":["patch"]}]""");
        Assert.Equal(201, (await jobber.Call("POST", Jobs, job)).Status);
    }

    [Fact]
    public async Task A_policy_in_use_is_deleted_with_a_warning()
    {
        await Make(Policies, Scene.Nightly);
        await Make(Sets, Scene.Redis);
        var deleted = await admin.Call("DELETE", Policies + "/nightly");
        Assert.Equal(200, deleted.Status);
        Assert.Contains(deleted.Warnings, warning => warning.Contains("1 protected by it: StatefulSet/redis"));
        Assert.Equal(200, (await admin.Call("DELETE", Sets + "/redis")).Status);
    }

    async Task<FakeAnswer> Make(string path, string yaml)
    {
        var made = await admin.Call("POST", path, Scene.Object(yaml).ToJsonString());
        Assert.True(made.Status == 201, made.Text);
        return made;
    }

    async Task<IReadOnlyList<string>> WarningsOf(string path, string yaml) => (await Make(path, yaml)).Warnings;

    static Task<FakeAnswer> Annotate(string name, string policy, FakeCaller caller) =>
        caller.Call("PATCH", $"{Sets}/{name}", "{\"metadata\":{\"annotations\":{\"backup.middleware.io/policy\":" + policy + "}}}", "application/merge-patch+json");

    JsonObject Stored(string name) => api.Cluster.Get("statefulsets", "default", name)!.Item;

    string? Annotation(string name, string annotation) => (string?)Stored(name)["metadata"]!["annotations"]?["backup.middleware.io/" + annotation];

    string? Label(string name) => (string?)Stored(name)["metadata"]!["labels"]?["backup.middleware.io/protected"];

    FakeCaller As(string account) => new(api, api.Users.Issue(FakeUser.Account("default", account)));

    int grants;

    async Task Grant(string account, string @namespace, string rules)
    {
        var name = $"grant-{++grants}";
        var rbac = $"/apis/rbac.authorization.k8s.io/v1/namespaces/{@namespace}";
        await Make(rbac + "/roles", $$"""{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"{{name}}"},"rules":{{rules}}}""");
        await Make(rbac + "/rolebindings", $$$"""
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"{{{name}}}"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"{{{name}}}"},
             "subjects":[{"kind":"ServiceAccount","namespace":"default","name":"{{{account}}}"}]}
            """);
    }
}
