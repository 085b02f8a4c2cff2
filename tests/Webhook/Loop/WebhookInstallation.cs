using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook;

/// <summary>What <c>kubectl apply -k manifests</c> makes, and the webhook as real processes with the account that it ships.</summary>
sealed class WebhookInstallation : IAsyncDisposable
{
    public const string Space = "backup-system";

    static readonly string Manifests = Repository.PathOf("manifests");

    readonly Scratch scratch = new();
    readonly FakeCaller admin;
    readonly List<RunningWebhook> replicas = [];

    WebhookInstallation(FakeKubeApi api)
    {
        Api = api;
        admin = new FakeCaller(api, api.AdminToken);
    }

    public FakeKubeApi Api { get; }

    /// <summary>Those that were started, also those that have ended.</summary>
    public IReadOnlyList<RunningWebhook> Replicas => replicas;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Every object of the base, but for no process: <see cref="Run"/> starts those.</summary>
    public static async Task<WebhookInstallation> Apply(FakeKubeApi api)
    {
        var installation = new WebhookInstallation(api);
        var kustomization = Yaml.DocumentsIn(Path.Combine(Manifests, "kustomization.yaml")).Single();
        foreach (var file in kustomization["resources"]!.AsArray())
            foreach (var item in Yaml.DocumentsIn(Path.Combine(Manifests, (string)file!)))
                await installation.Create(item);
        return installation;
    }

    /// <summary>A replica; calls of the API server go to the one that was started last.</summary>
    public async Task<RunningWebhook> Run(params string[] more)
    {
        var replica = RunningWebhook.Start(Kubeconfig, more);
        replicas.Add(replica);
        await replica.Ready();
        RouteTo(replica);
        return replica;
    }

    public void RouteTo(RunningWebhook replica) => Api.Cluster.Admission.Services[$"{Space}/backup-webhook"] = replica.Admission;

    public string Kubeconfig => scratch.File("kubeconfig", KubeconfigText(Api, Api.TokenOf(Space, "backup-webhook")));

    /// <summary>As an administrator; strict, so that an unknown field is an error.</summary>
    public async Task<JsonObject> Create(JsonObject item)
    {
        var answer = await admin.Call("POST", PathOf(item) + "?fieldValidation=Strict", item.ToJsonString());
        Assert.True(answer.Status == 201, $"{item["kind"]} {item["metadata"]?["name"]}: {answer.Text}");
        return (JsonObject)answer.Json;
    }

    public Task<FakeAnswer> Patch(string path, JsonObject patch) => admin.Call("PATCH", path, patch.ToJsonString(), "application/merge-patch+json");

    public Task<FakeAnswer> Call(string method, string path, JsonObject? body = null) => admin.Call(method, path, body?.ToJsonString());

    /// <summary>What the webhook's account asked for.</summary>
    public IEnumerable<FakeLogEntry> Calls => Api.Log.Where(entry => entry.User == $"system:serviceaccount:{Space}:backup-webhook");

    public static string KubeconfigText(FakeKubeApi api, string token) => $$$"""
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "{{{api.Address}}}", certificate-authority-data: "{{{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(api.AuthorityPem))}}}"}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        users: [{name: u, user: {token: "{{{token}}}"}}]
        current-context: x
        """;

    string PathOf(JsonObject item)
    {
        var (version, kind) = ((string)item["apiVersion"]!, (string)item["kind"]!);
        var group = version == "v1" ? "/api/v1" : "/apis/" + version;
        var known = Api.Cluster.Kinds.ByKind(version, kind)!;
        return known.Namespaced ? $"{group}/namespaces/{item["metadata"]!["namespace"] ?? "default"}/{known.Plural}" : $"{group}/{known.Plural}";
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in replicas)
        {
            await replica.DisposeAsync();
            TestContext.Current.TestOutputHelper?.WriteLine(replica.Log);
        }
        admin.Dispose();
        scratch.Dispose();
    }
}
