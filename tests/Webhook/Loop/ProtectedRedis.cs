using System.Security.Cryptography;
using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Storage;
using BackupRunner.Tests.Cluster;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Kube.Simulation;
using BackupRunner.Tests.Storage.S3;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook;

/// <summary>
/// A cluster with the webhook installed, and the Redis of manifests/examples with two replicas, whose backups go to Swift. Its key is in another
/// namespace, which lets this one use it.
/// </summary>
sealed class ProtectedRedis : IAsyncDisposable
{
    public const string Space = "default";
    public const string Vault = "vault";

    static readonly string Example = Repository.PathOf("manifests/examples/redis");

    readonly S3Bucket bucket;
    readonly FakeCaller admin;
    readonly string password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));

    ProtectedRedis(FakeKubeApi api, S3Bucket bucket, WebhookInstallation webhook)
    {
        (Api, this.bucket, Webhook) = (api, bucket, webhook);
        Cluster = new SimulatedCluster(api);
        Cluster.Register("redis:7.2.5-bookworm", SimulatedImage.Redis);
        Cluster.Register("backup-runner:0.1.0", SimulatedImage.Runner());
        admin = new FakeCaller(api, api.AdminToken);
    }

    public FakeKubeApi Api { get; }

    public SimulatedCluster Cluster { get; }

    public WebhookInstallation Webhook { get; }

    public string Password => password;

    /// <summary>Where the backups are.</summary>
    public IObjectStore Store => bucket.Store;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Installed and running, with the policy, its Secrets and an unprotected Redis.</summary>
    public static async Task<ProtectedRedis> Start(int webhooks = 1)
    {
        var api = await FakeKubeApi.Start(Cancel);
        await api.AddNamespace(Vault, Cancel);
        var shop = new ProtectedRedis(api, await S3Bucket.Create(StorageProvider.Minio, Cancel), await WebhookInstallation.Apply(api));
        await shop.Webhook.Create(Yaml.Documents($$"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: backup-webhook-secrets, namespace: {{Vault}}}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: backup-webhook-secrets}
            subjects: [{kind: ServiceAccount, name: backup-webhook, namespace: {{WebhookInstallation.Space}}}]
            """).Single());
        for (var replica = 0; replica < webhooks; replica++)
            await shop.Webhook.Run("--secret-namespaces", Vault);
        await shop.MakeSecrets();
        await shop.Webhook.Create(shop.Policy());
        foreach (var item in Yaml.DocumentsIn(Path.Combine(Example, "statefulset.yaml")))
        {
            if ((string)item["kind"]! == "StatefulSet")
                item["spec"]!["replicas"] = 2;
            await shop.Webhook.Create(item);
        }
        await shop.UntilReady(2);
        return shop;
    }

    /// <summary>What a user writes.</summary>
    public JsonObject Policy(string name = "nightly") => new()
    {
        ["apiVersion"] = "backup.middleware.io/v1",
        ["kind"] = "BackupPolicy",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Space },
        ["spec"] = Yaml.Documents($$$"""
            storage: {provider: minio, bucket: {{{bucket.Name}}}, endpoint: "{{{S3Bucket.Server.AbsoluteUri}}}", secretRef: {name: storage}}
            settings:
              consistency:
                enabled: true
                command: redis-cli -p {{ Values.port }} BGSAVE
                timeout: 5m
              archive: {exclude: ["temp-*"]}
              encryption: {enabled: true, keySecretRef: {name: backup-key, namespace: {{{Vault}}}}}
            retention: {remoteRetention: 30d, keepCount: 7}
            schedule: {enabled: true, cron: "0 2 * * *", timeZone: Europe/Berlin}
            restore: {healthCommand: '[ "$(redis-cli -p {{ Values.port }} PING)" = PONG ]'}
            values: {port: 6379}
            """).Single(),
    };

    public async Task<FakeAnswer> Annotate(string? policy) =>
        await Webhook.Patch($"/apis/apps/v1/namespaces/{Space}/statefulsets/redis", new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [ClusterNames.PolicyAnnotation] = policy } } });

    public async Task Scale(int replicas)
    {
        var answer = await Webhook.Patch($"/apis/apps/v1/namespaces/{Space}/statefulsets/redis/scale", new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } });
        Assert.True(answer.Status == 200, answer.Text);
    }

    public Task UntilReady(int replicas) =>
        Cluster.Until(() => ((int?)Api.Cluster.Get("statefulsets", Space, "redis")!.Item["status"]?["readyReplicas"] ?? 0) == replicas, $"{replicas} replicas of redis are ready", Cancel);

    /// <summary>Names of everything of a kind that the webhook made for Redis.</summary>
    public IReadOnlyList<string> Made(string plural) =>
        [.. Api.Cluster.Storage.List(Api.Cluster.Kinds[plural], Space)!.Value.Items.Select(entry => entry.Item)
            .Where(item => (string?)item["metadata"]!["labels"]?[ClusterNames.ForLabel] == "statefulset.redis").Select(item => (string)item["metadata"]!["name"]!).Order(StringComparer.Ordinal)];

    public Task UntilMade(string plural, params string[] names) => Cluster.Until(() => Made(plural).SequenceEqual(names), $"{plural} are {string.Join(", ", names)}; there are {string.Join(", ", Made(plural))}", Cancel);

    /// <summary>As <c>kubectl create job --from=cronjob/...</c> does.</summary>
    public async Task<EndedJob> BackUp(string cronJob, string name)
    {
        var from = Api.Cluster.Get("cronjobs", Space, cronJob)!.Item;
        await Webhook.Create(new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = Space,
                ["labels"] = from["spec"]!["jobTemplate"]!["metadata"]?["labels"]?.DeepClone(),
                ["annotations"] = new JsonObject { ["cronjob.kubernetes.io/instantiate"] = "manual" },
                ["ownerReferences"] = new JsonArray(new JsonObject { ["apiVersion"] = "batch/v1", ["kind"] = "CronJob", ["name"] = cronJob, ["uid"] = (string)from["metadata"]!["uid"]!, ["controller"] = true }),
            },
            ["spec"] = from["spec"]!["jobTemplate"]!["spec"]!.DeepClone(),
        });
        return await Ended(name);
    }

    /// <summary>A Job of three annotations.</summary>
    public static JsonObject RestoreJob(string name, string claim, string backup, string workload = "StatefulSet/redis") => Yaml.Documents($$"""
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: {{name}}
          namespace: {{Space}}
          annotations:
            backup.middleware.io/restore: {{workload}}
            backup.middleware.io/claim: {{claim}}
            backup.middleware.io/backup: {{backup}}
        spec:
          template:
            spec:
              restartPolicy: Never
              containers: []
        """).Single();

    public async Task<EndedJob> Restore(string name, string claim, string backup)
    {
        await Webhook.Create(RestoreJob(name, claim, backup));
        return await Ended(name);
    }

    public async Task<EndedJob> Ended(string job)
    {
        static bool Is(JsonNode condition, params string[] types) => types.Contains((string?)condition["type"]) && (string?)condition["status"] == "True";
        JsonArray Conditions() => Api.Cluster.Get("jobs", Space, job)!.Item["status"]?["conditions"] as JsonArray ?? [];
        await Cluster.Until(() => Conditions().Any(condition => Is(condition!, "Complete", "Failed")), $"the end of job {job}", Cancel);
        var pods = Cluster.Pods.Where(pod => pod.Name.StartsWith(job + "-", StringComparison.Ordinal)).ToList();
        return new EndedJob(Conditions().Any(condition => Is(condition!, "Complete")), pods.Count, string.Join('\n', pods.Select(pod => pod.Log)), pods.Count == 0 ? "" : pods[^1].Name);
    }

    public async Task Patch(JsonObject spec)
    {
        var answer = await Webhook.Patch($"/apis/backup.middleware.io/v1/namespaces/{Space}/backuppolicies/nightly", new JsonObject { ["spec"] = spec });
        Assert.True(answer.Status == 200, answer.Text);
    }

    public string Status() => (string?)Api.Cluster.Get("statefulsets", Space, "redis")!.Item["metadata"]!["annotations"]?[ClusterNames.StatusAnnotation] ?? "";

    /// <summary>One byte of the archive of a stored backup becomes another.</summary>
    public async Task Damage(string id)
    {
        var store = bucket.Store;
        var stored = await store.List("", Cancel).SingleAsync(one => one.Key.Contains(id, StringComparison.Ordinal) && one.Key.EndsWith(".gcm", StringComparison.Ordinal), Cancel);
        var content = await SmallObject.Read(store, stored, checked((int)stored.Bytes), Cancel);
        content[content.Length / 2] ^= 1;
        await store.Put(stored.Key, content, Cancel);
    }

    public string IdOf(EndedJob backup) => (string)JsonNode.Parse(
        (string)Api.Cluster.Get("pods", Space, backup.LastPod)!.Item["status"]!["containerStatuses"]!.AsArray().Single(status => (string)status!["name"]! == "runner")!["state"]!["terminated"]!["message"]!)!["id"]!;

    public async Task<string> Redis(string pod, params string[] words)
    {
        var query = string.Join('&', words.Prepend("redis-cli").Select(word => "command=" + Uri.EscapeDataString(word)));
        var (socket, refused) = await admin.Connect($"/api/v1/namespaces/{Space}/pods/{pod}/exec?stdout=true&{query}", "v5.channel.k8s.io");
        using var connected = socket ?? throw new InvalidOperationException($"exec was refused: {refused}");
        return string.Concat((await FakeExecTests.Frames(connected)).Where(frame => frame[0] == '1').Select(frame => frame[2..])).TrimEnd('\n');
    }

    /// <summary>A new current key, with the old one beside it, as docs/POLICY.md has it done by hand.</summary>
    public async Task RotateKey()
    {
        var secret = Api.Cluster.Get("secrets", Vault, "backup-key")!.Item;
        var old = Convert.FromBase64String((string)secret["data"]!["key"]!);
        var id = BackupRunner.Keys.KeyEncryptionKey.TryParse(old, out var key, out _) ? key.Id : throw new InvalidOperationException("no key");
        var answer = await Webhook.Patch($"/api/v1/namespaces/{Vault}/secrets/backup-key", new JsonObject { ["stringData"] = new JsonObject { ["key"] = NewKey(), [$"key-{id}"] = System.Text.Encoding.UTF8.GetString(old) } });
        Assert.True(answer.Status == 200, answer.Text);
    }

    /// <summary>Turns one bit of a stored backup round.</summary>
    public async Task Corrupt(string id)
    {
        var stored = await bucket.Store.List("", Cancel).FirstAsync(one => one.Key.Contains($"/{id}/backup.tar.gz", StringComparison.Ordinal) && !one.Key.EndsWith(".sha256", StringComparison.Ordinal), Cancel);
        using var answer = await bucket.Client.GetObjectAsync(bucket.Name, stored.Key, Cancel);
        using var content = new MemoryStream();
        await answer.ResponseStream.CopyToAsync(content, Cancel);
        var bytes = content.ToArray();
        bytes[bytes.Length / 2] ^= 1;
        await bucket.Client.PutObjectAsync(new() { BucketName = bucket.Name, Key = stored.Key, InputStream = new MemoryStream(bytes), UseChunkEncoding = false }, Cancel);
    }

    static string NewKey() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    async Task MakeSecrets()
    {
        await Secret(Space, "redis-password", new() { ["password"] = password });
        await Secret(Space, "storage", Directory.EnumerateFiles(bucket.CredentialsFolder).ToDictionary(file => Path.GetFileName(file)!, file => File.ReadAllText(file).Trim()));
        await Secret(Vault, "backup-key", new() { ["key"] = NewKey() }, new JsonObject { [ClusterNames.AllowedNamespacesAnnotation] = Space });
    }

    public Task<JsonObject> Secret(string space, string name, Dictionary<string, string> content, JsonObject? annotations = null) => Webhook.Create(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = space, ["annotations"] = annotations },
        ["stringData"] = new JsonObject(content.Select(field => KeyValuePair.Create(field.Key, (JsonNode?)field.Value))),
    });

    public async ValueTask DisposeAsync()
    {
        admin.Dispose();
        await Webhook.DisposeAsync();
        await Cluster.DisposeAsync();
        await Api.DisposeAsync();
        await bucket.DisposeAsync();
    }
}
