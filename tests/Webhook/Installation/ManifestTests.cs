using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook;

namespace BackupRunner.Tests.Webhook;

/// <summary>manifests/ as it is rendered: what the server takes, and what belongs together.</summary>
public sealed class ManifestTests
{
    const string Account = "system:serviceaccount:backup-system:backup-webhook";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_object_is_accepted_without_an_unknown_field()
    {
        await using var api = await Rendered.Cluster(Cancel);
        Assert.True(Rendered.Manifests.Count > 12);
    }

    [Fact]
    public void Every_file_is_rendered()
    {
        var files = Directory.EnumerateFiles(Repository.PathOf("manifests"), "*.yaml").Where(file => !file.EndsWith("kustomization.yaml", StringComparison.Ordinal));
        var objects = files.SelectMany(Yaml.DocumentsIn).Select(item => $"{item["kind"]} {item["metadata"]!["name"]}");
        Assert.Equal(objects.Order(), Rendered.Manifests.Select(item => $"{item["kind"]} {item["metadata"]!["name"]}").Order());
    }

    [Fact]
    public void Ports_names_and_labels_meet()
    {
        var pod = Rendered.One("Deployment", "backup-webhook")["spec"]!["template"]!;
        var container = pod["spec"]!["containers"]![0]!;
        var options = new WebhookOptions { RunnerImage = "" };
        Assert.Equal([options.Port, options.HealthPort, options.StatusPort], ((JsonArray)container["ports"]!).Select(port => (int)port!["containerPort"]!));
        var service = Rendered.One("Service", options.Service);
        Assert.Equal((string)container["ports"]![0]!["name"]!, (string)service["spec"]!["ports"]![0]!["targetPort"]!);
        var status = Rendered.One("Service", "backup-webhook-status");
        Assert.Equal(((string)container["ports"]![2]!["name"]!, "ClusterIP"), ((string)status["spec"]!["ports"]![0]!["targetPort"]!, (string)status["spec"]!["type"]!));
        var labels = pod["metadata"]!["labels"]!;
        Assert.All(
            new[]
            {
                service["spec"]!["selector"], status["spec"]!["selector"], Rendered.One("Deployment", "backup-webhook")["spec"]!["selector"]!["matchLabels"],
                Rendered.One("PodDisruptionBudget", "backup-webhook")["spec"]!["selector"]!["matchLabels"], Rendered.One("NetworkPolicy", "backup-webhook")["spec"]!["podSelector"]!["matchLabels"],
            },
            selector => Assert.True(JsonNode.DeepEquals(labels, selector)));
        Assert.All(Webhooks(), webhook => Assert.Equal(("backup-system", options.Service, 443),
            ((string)webhook["clientConfig"]!["service"]!["namespace"]!, (string)webhook["clientConfig"]!["service"]!["name"]!, (int)webhook["clientConfig"]!["service"]!["port"]!)));
        Assert.All(Webhooks(), webhook => Assert.Null(webhook["clientConfig"]!["caBundle"]));
    }

    [Fact]
    public void Only_pods_of_the_cluster_reach_the_status_page()
    {
        var rules = (JsonArray)Rendered.One("NetworkPolicy", "backup-webhook")["spec"]!["ingress"]!;
        var open = Assert.Single(rules, rule => ((JsonArray)rule!["ports"]!).Any(port => (int)port!["port"]! == new WebhookOptions { RunnerImage = "" }.StatusPort));
        Assert.Equal("""[{"namespaceSelector":{}}]""", open!["from"]!.ToJsonString());
    }

    [Fact]
    public async Task The_arguments_of_the_container_are_those_of_the_program()
    {
        var arguments = ((JsonArray)Rendered.One("Deployment", "backup-webhook")["spec"]!["template"]!["spec"]!["containers"]![0]!["args"]!).Select(argument => (string)argument!).ToList();
        var error = new StringWriter();
        WebhookOptions? read = null;
        Assert.Equal(0, await BackupRunner.Webhook.CommandLine.Run(arguments, TextWriter.Null, error, (options, _) => Task.FromResult((read = options) is null ? 1 : 0), Cancel));
        Assert.Equal(("", "backup-runner:0.1.0"), (error.ToString(), read!.RunnerImage));
    }

    [Fact]
    public void Everything_of_a_namespace_says_it() => Assert.All(
        Rendered.Manifests.Where(item => (string)item["kind"]! is "ServiceAccount" or "Role" or "RoleBinding" or "Service" or "Deployment" or "PodDisruptionBudget" or "NetworkPolicy"),
        item => Assert.Equal("backup-system", (string?)item["metadata"]!["namespace"]));

    [Fact]
    public void No_rule_has_a_star_and_none_may_escalate()
    {
        var rules = Rendered.Manifests.SelectMany(item => item["rules"] as JsonArray ?? []).Select(rule => rule!).ToList();
        Assert.All(rules, rule =>
        {
            var words = ((string[])["apiGroups", "resources", "verbs"]).SelectMany(list => (JsonArray)rule[list]!).Select(word => (string)word!).ToList();
            Assert.Empty(words.Intersect(["*", "escalate", "bind", "impersonate"]));
        });
    }

    [Theory]
    [InlineData("get", "", "secrets", "default", "redis-password", false)]
    // Whose answer shows it: docs/OPERATIONS.md, "What that does not mean".
    [InlineData("patch", "", "secrets", "default", "redis-password", true)]
    [InlineData("list", "", "secrets", "default", "", false)]
    [InlineData("update", "", "secrets", "default", "redis-password", false)]
    [InlineData("get", "", "secrets", "backup-system", "backup-webhook-tls", true)]
    [InlineData("update", "", "secrets", "backup-system", "backup-webhook-tls", true)]
    [InlineData("get", "", "secrets", "backup-system", "other", false)]
    [InlineData("create", "", "secrets", "default", "", true)]
    [InlineData("update", "admissionregistration.k8s.io", "validatingwebhookconfigurations", "", "backup-webhook", true)]
    [InlineData("update", "admissionregistration.k8s.io", "validatingwebhookconfigurations", "", "other", false)]
    [InlineData("create", "", "pods", "default", "", false)]
    [InlineData("delete", "", "pods", "default", "redis-0", false)]
    [InlineData("delete", "apps", "statefulsets", "default", "redis", false)]
    [InlineData("delete", "", "persistentvolumeclaims", "default", "data-redis-0", false)]
    [InlineData("update", "backup.middleware.io", "backuppolicies", "default", "nightly", false)]
    [InlineData("patch", "backup.middleware.io", "restores", "default", "r", true)]
    [InlineData("delete", "backup.middleware.io", "restores", "default", "r", false)]
    [InlineData("create", "backup.middleware.io", "restores", "default", "", false)]
    [InlineData("delete", "batch", "jobs", "default", "restore-r", true)]
    [InlineData("update", "batch", "jobs", "default", "restore-r", false)]
    [InlineData("get", "", "namespaces", "kube-system", "kube-system", true)]
    public async Task The_account_may_this_and_not_that(string verb, string group, string resource, string @namespace, string name, bool allowed)
    {
        await using var api = await Rendered.Cluster(Cancel);
        using var admin = new FakeCaller(api, api.AdminToken);
        var attributes = new JsonObject { ["verb"] = verb, ["group"] = group, ["resource"] = resource, ["namespace"] = @namespace, ["name"] = name };
        Assert.Equal(allowed, await May(admin, attributes));
    }

    [Fact]
    public async Task Reading_Secrets_of_a_namespace_comes_with_the_binding_that_is_shown()
    {
        await using var api = await Rendered.Cluster(Cancel);
        using var admin = new FakeCaller(api, api.AdminToken);
        await api.AddNamespace("databases", Cancel);
        // The example is in comments of rbac.yaml.
        var lines = File.ReadAllLines(Repository.PathOf("manifests/rbac.yaml")).SkipWhile(line => line != "#   apiVersion: rbac.authorization.k8s.io/v1").TakeWhile(line => line.StartsWith('#'));
        Assert.Equal((201, ""), await Rendered.Create(api, admin, Yaml.Documents(string.Join('\n', lines.Select(line => line[4..]))).Single()));
        foreach (var verb in (string[])["get", "list", "watch", "create", "update"])
            Assert.True(await May(admin, new JsonObject { ["verb"] = verb, ["resource"] = "secrets", ["namespace"] = "databases" }), verb);
        Assert.False(await May(admin, new JsonObject { ["verb"] = "get", ["resource"] = "secrets", ["namespace"] = "default" }));
    }

    [Fact]
    public async Task It_may_grant_what_the_accounts_of_the_example_have_and_no_more()
    {
        await using var api = await Rendered.Cluster(Cancel);
        using var webhook = new FakeCaller(api, api.TokenOf("backup-system", "backup-webhook"));
        var roles = Yaml.DocumentsIn(Repository.PathOf("manifests/examples/redis/rbac.yaml")).Where(item => (string)item["kind"]! == "Role").ToList();
        Assert.Equal(2, roles.Count);
        foreach (var role in roles)
            Assert.Equal((201, ""), await Rendered.Create(api, webhook, role));
        var more = (JsonObject)roles[0].DeepClone();
        more["metadata"]!["name"] = "more";
        ((JsonArray)more["rules"]!).Add(new JsonObject { ["apiGroups"] = new JsonArray(""), ["resources"] = new JsonArray("secrets"), ["verbs"] = new JsonArray("get") });
        Assert.Equal(403, (await Rendered.Create(api, webhook, more)).Status);
    }

    [Fact]
    public void It_is_asked_about_every_status_but_what_its_own_account_writes()
    {
        var conditions = Webhooks().Where(webhook => ((JsonArray)webhook["rules"]!).Any(rule => ((JsonArray)rule!["resources"]!).Any(of => ((string)of!).EndsWith("/status", StringComparison.Ordinal))))
            .Select(webhook => (string?)webhook["matchConditions"]![0]!["expression"]);
        Assert.Equal([$"request.userInfo.username != '{Account}'"], conditions);
    }

    [Fact]
    public void The_conditions_ask_for_our_annotations_by_their_names() => Assert.All(
        Webhooks().SelectMany(webhook => webhook["matchConditions"] as JsonArray ?? []).Where(condition => (string)condition!["name"]! is not ("stays" or "brings-a-status" or "by-another")),
        condition => Assert.Contains((string)condition!["name"]! == "restores" ? $"'{ClusterNames.RestoreAnnotation}'" : $"'{ClusterNames.Domain}'", (string)condition["expression"]!, StringComparison.Ordinal));

    static async Task<bool> May(FakeCaller admin, JsonObject attributes)
    {
        var review = new JsonObject { ["apiVersion"] = "authorization.k8s.io/v1", ["kind"] = "SubjectAccessReview", ["spec"] = new JsonObject { ["user"] = Account, ["resourceAttributes"] = attributes } };
        return (bool)(await admin.Call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review.ToJsonString())).Json["status"]!["allowed"]!;
    }

    static IEnumerable<JsonNode> Webhooks() => ((string[])["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]).SelectMany(kind => (JsonArray)Rendered.One(kind, "backup-webhook")["webhooks"]!).Select(webhook => webhook!);
}
