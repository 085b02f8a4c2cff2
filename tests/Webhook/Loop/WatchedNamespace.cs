using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook;

/// <summary>The real webhook, installed as it ships, and objects without anything behind them: no pod ever runs.</summary>
sealed class WatchedNamespace : IAsyncDisposable
{
    public const string Space = "default";

    WatchedNamespace(FakeKubeApi api, WebhookInstallation webhook) => (Api, Webhook) = (api, webhook);

    public FakeKubeApi Api { get; }

    public WebhookInstallation Webhook { get; }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="options">Of the webhook.</param>
    public static async Task<WatchedNamespace> Start(int webhooks, params string[] options)
    {
        var api = await FakeKubeApi.Start(Cancel);
        var scene = new WatchedNamespace(api, await WebhookInstallation.Apply(api));
        for (var replica = 0; replica < webhooks; replica++)
            await scene.Webhook.Run(options);
        return scene;
    }

    public static JsonObject Policy(string rest = "{}", string space = Space, string name = "nightly")
    {
        var spec = Yaml.Documents("""
            storage: {provider: s3, bucket: backups, region: eu-central-1, secretRef: {name: storage}}
            schedule: {enabled: true}
            settings: {consistency: {enabled: true, command: sync}}
            """).Single();
        foreach (var (key, value) in Yaml.Documents(rest).Single())
            spec[key] = value?.DeepClone();
        return new JsonObject { ["apiVersion"] = "backup.middleware.io/v1", ["kind"] = "BackupPolicy", ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = space }, ["spec"] = spec };
    }

    public static JsonObject StatefulSet(string name = "db", string space = Space, int replicas = 1, string? policy = "nightly")
    {
        var item = Yaml.Documents($$"""
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: {{name}}, namespace: {{space}}}
            spec:
              serviceName: {{name}}
              replicas: {{replicas}}
              selector: {matchLabels: {app: {{name}} } }
              template:
                metadata: {labels: {app: {{name}} } }
                spec:
                  securityContext: {runAsUser: 999, runAsGroup: 999, fsGroup: 999}
                  containers: [{name: db, image: "db:1", volumeMounts: [{name: data, mountPath: /data}]}]
              volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi} } } }]
            """).Single();
        if (policy is not null)
            item["metadata"]!["annotations"] = new JsonObject { [ClusterNames.PolicyAnnotation] = policy };
        return item;
    }

    /// <summary>Names of everything of a kind that carries our label.</summary>
    public IReadOnlyList<string> Made(string plural, string space = Space) =>
        [.. Api.Cluster.Storage.List(Api.Cluster.Kinds[plural], space)!.Value.Items.Select(entry => entry.Item)
            .Where(item => item["metadata"]!["labels"]?[ClusterNames.ForLabel] is not null).Select(item => (string)item["metadata"]!["name"]!).Order(StringComparer.Ordinal)];

    public Task UntilMade(string plural, params string[] names) => Until(() => Made(plural).SequenceEqual(names), $"{plural} are {string.Join(", ", names)}");

    public string? Status(string name = "db", string space = Space, string plural = "statefulsets") =>
        (string?)Api.Cluster.Get(plural, space, name)?.Item["metadata"]!["annotations"]?[ClusterNames.StatusAnnotation];

    public Task UntilStatus(string words, string name = "db", string space = Space) =>
        Until(() => Status(name, space)?.Contains(words, StringComparison.Ordinal) == true, $"the status of {name} says \"{words}\"; it says \"{Status(name, space)}\"");

    /// <summary>The policy's status, which is written beside those of the workloads, says that it can be used, and by how many.</summary>
    public Task UntilPolicy(int workloads, string name = "nightly", string space = Space) => Until(
        () => Api.Cluster.Get("backuppolicies", space, name)?.Item["status"] is { } status && (string?)status["conditions"]?[0]?["status"] == "True" && (int?)status["workloads"] == workloads,
        $"policy {name} is used by {workloads}");

    public static Task Until(Func<bool> holds, string what) => Eventually.True(() => Task.FromResult(holds()), what);

    public async Task Patch(string path, string patch)
    {
        var answer = await Webhook.Patch(path, Yaml.Documents(patch).Single());
        Assert.True(answer.Status == 200, answer.Text);
    }

    public async ValueTask DisposeAsync()
    {
        await Webhook.DisposeAsync();
        await Api.DisposeAsync();
    }
}
