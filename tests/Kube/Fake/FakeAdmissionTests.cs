using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Transcripts;

namespace BackupRunner.Tests.Kube.Fake;

public sealed class FakeAdmissionTests : IAsyncLifetime
{
    const string ConfigMaps = "/api/v1/namespaces/default/configmaps";
    const string Webhooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

    FakeKubeApi api = null!;
    FakeCaller admin = null!;
    FakeWebhookServer webhook = null!;
    Func<JsonNode, Task<JsonObject>> answers = _ => Task.FromResult(new JsonObject { ["allowed"] = true });

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        api = await FakeKubeApi.Start(Cancel);
        admin = new FakeCaller(api, api.AdminToken);
        webhook = await FakeWebhookServer.Start(api.Authority.Issue("hook.default.svc"), (_, request) => answers(request), Cancel);
        api.Cluster.Admission.Services["default/hook"] = webhook.Address;
    }

    public async ValueTask DisposeAsync()
    {
        admin.Dispose();
        await webhook.DisposeAsync();
        await api.DisposeAsync();
    }

    [Fact]
    public async Task A_denial_without_words_is_told_without_explanation()
    {
        await Register("Fail");
        answers = _ => Task.FromResult(new JsonObject { ["allowed"] = false });
        var refused = await Make("c");
        Assert.Equal((400, "admission webhook \"a.b.c\" denied the request without explanation"), (refused.Status, refused.Message));
    }

    [Fact]
    public async Task Warnings_reach_the_user_once_each()
    {
        await Register("Fail");
        answers = _ => Task.FromResult(new JsonObject { ["allowed"] = true, ["warnings"] = new JsonArray("policy \"x\" not found", "policy \"x\" not found") });
        Assert.Equal(["299 - \"policy \\\"x\\\" not found\""], (await Make("c")).Warnings);
    }

    [Theory]
    [InlineData("Fail", 500)]
    [InlineData("Ignore", 201)]
    public async Task A_webhook_that_does_not_answer_in_time_fails_the_request_or_is_passed_over(string policy, int status)
    {
        await Register(policy, seconds: 1);
        answers = async _ =>
        {
            await Task.Delay(Timeout.Infinite, Cancel);
            return [];
        };
        var made = await Make("c");
        Assert.Equal(status, made.Status);
        if (status == 500)
            Assert.Equal("Internal error occurred: failed calling webhook \"a.b.c\": failed to call webhook: Post \"https://hook.default.svc:443/v\": context deadline exceeded", made.Message);
    }

    [Fact]
    public async Task Only_the_namespaces_that_it_selects_and_the_objects_that_meet_its_conditions_reach_it()
    {
        await api.AddNamespace("other", Cancel);
        await Register("Fail", AdmissionReplayTests.OurAnnotations);
        await Make("plain");
        await Make("ours", """{"backup.middleware.io/policy":"p"}""");
        await admin.Call("POST", "/api/v1/namespaces/other/configmaps", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"far","annotations":{"backup.middleware.io/policy":"p"}}}""");
        await admin.Call("PATCH", ConfigMaps + "/ours", """{"metadata":{"annotations":null}}""", "application/merge-patch+json");
        await admin.Call("DELETE", ConfigMaps + "/ours");
        await admin.Call("DELETE", ConfigMaps + "/plain");
        Assert.Equal(["ours CREATE", "ours UPDATE"], webhook.Asked.Select(review => $"{review["body"]!["request"]!["name"]} {review["body"]!["request"]!["operation"]}"));
    }

    [Fact]
    public async Task Without_its_null_check_the_condition_refuses_every_deletion_of_an_object_without_annotations()
    {
        await Register("Fail", "(has(object.metadata.annotations) && object.metadata.annotations.exists(k, k.startsWith('backup.middleware.io/')))");
        await Make("c");
        var refused = await admin.Call("DELETE", ConfigMaps + "/c");
        Assert.Equal((403, "configmaps \"c\" is forbidden: no such key: metadata"), (refused.Status, refused.Message));
    }

    [Fact]
    public async Task A_condition_may_ask_who_it_is()
    {
        await Register("Fail", "request.userInfo.username != 'system:serviceaccount:default:loop' && request.operation == 'CREATE'");
        using var loop = new FakeCaller(api, api.Users.Issue(FakeUser.Account("default", "loop")));
        await admin.Call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", """
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"loop"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"},
             "subjects":[{"kind":"ServiceAccount","namespace":"default","name":"loop"}]}
            """);
        await admin.Call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", """
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"cluster-admin"},"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}
            """);
        Assert.Equal(201, (await loop.Call("POST", ConfigMaps, """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"his"}}""")).Status);
        await Make("hers");
        Assert.Equal(["hers CREATE"], webhook.Asked.Select(review => $"{review["body"]!["request"]!["name"]} {review["body"]!["request"]!["operation"]}"));
    }

    [Theory]
    [InlineData("'a' in object.m && object.m['a'] == 'x'", true)]
    [InlineData("object.none == 'x' || has(object.m)", true)]
    [InlineData("!(has(object.none) || oldObject != null)", true)]
    [InlineData("object.l.all(x, x.endsWith('1'))", false)]
    public void Conditions_are_evaluated(string expression, bool holds) =>
        Assert.Equal(holds, FakeExpression.Holds(expression, (JsonObject)JsonNode.Parse("""{"m":{"a":"x"},"l":["a1","b2"]}""")!, null));

    [Fact]
    public void A_condition_that_the_fake_does_not_know_is_refused() => Assert.NotNull(FakeExpression.Problem("object.metadata.name.matches('x')"));

    Task<FakeAnswer> Make(string name, string annotations = "{}") =>
        admin.Call("POST", ConfigMaps, $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}","annotations":{{{annotations}}} }}""");

    async Task Register(string failurePolicy, string? condition = null, int seconds = 30)
    {
        var entry = (JsonObject)JsonNode.Parse("""
            {"name":"a.b.c","clientConfig":{"service":{"namespace":"default","name":"hook","path":"/v"}},"sideEffects":"None","admissionReviewVersions":["v1"],
             "rules":[{"operations":["CREATE","UPDATE","DELETE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["configmaps"]}],
             "namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"default"}}}
            """)!;
        entry["failurePolicy"] = failurePolicy;
        entry["timeoutSeconds"] = seconds;
        entry["clientConfig"]!["caBundle"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(api.AuthorityPem));
        if (condition is not null)
            entry["matchConditions"] = new JsonArray(new JsonObject { ["name"] = "c", ["expression"] = condition });
        var made = await admin.Call("POST", Webhooks, new JsonObject { ["apiVersion"] = "admissionregistration.k8s.io/v1", ["kind"] = "ValidatingWebhookConfiguration", ["metadata"] = new JsonObject { ["name"] = "w" }, ["webhooks"] = new JsonArray(entry) }.ToJsonString());
        Assert.True(made.Status == 201, made.Text);
    }
}
