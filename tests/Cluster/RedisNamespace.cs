using System.Security.Cryptography;
using System.Text.Json.Nodes;
using BackupRunner.Policy;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Kube.Simulation;
using BackupRunner.Tests.Storage.S3;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Cluster;

/// <summary>
/// The example of manifests/examples/redis as a user has it who followed its README: the objects as they are shipped, with a store, a password and a key of
/// one's own. Redis and the runner are real processes in simulated pods, the store is Swift.
/// </summary>
sealed class RedisNamespace : IAsyncDisposable
{
    public const string RunnerImage = "backup-runner:0.1.0";
    const string RedisImage = "redis:7.2.5-bookworm";
    const string Space = "default";
    const string CronJob = "backup-redis-data-redis-0";

    /// <summary>The environment variable that has the folder of the runner's own image, unpacked (tests/image/flow); without it the runner is the one that was built.</summary>
    const string Unpacked = "BACKUP_TEST_RUNNER_IMAGE";

    static readonly string Example = Repository.PathOf("manifests/examples/redis");

    readonly S3Bucket bucket;
    readonly FakeCaller admin;
    readonly string password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
    int made;

    RedisNamespace(FakeKubeApi api, S3Bucket bucket)
    {
        (Api, this.bucket) = (api, bucket);
        Cluster = new SimulatedCluster(api);
        Cluster.Register(RedisImage, SimulatedImage.Redis);
        Cluster.Register(RunnerImage, Environment.GetEnvironmentVariable(Unpacked) is { Length: > 0 } unpacked ? SimulatedImage.RunnerImage(unpacked) : SimulatedImage.Runner());
        admin = new FakeCaller(api, api.AdminToken);
    }

    public FakeKubeApi Api { get; }

    public SimulatedCluster Cluster { get; }

    public string Password => password;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<RedisNamespace> Apply()
    {
        var shop = new RedisNamespace(await FakeKubeApi.Start(Cancel), await S3Bucket.Create(StorageProvider.Minio, Cancel));
        foreach (var file in (string[])["statefulset", "secrets", "policy-configmap", "policy-commands-configmap", "leases", "rbac", "cronjob"])
            foreach (var item in Yaml.DocumentsIn(Path.Combine(Example, file + ".yaml")))
                await shop.Create(shop.Own(item));
        await shop.UntilReady();
        return shop;
    }

    public Task UntilReady() => Cluster.Until(() => (int?)Api.Cluster.Get("statefulsets", Space, "redis")!.Item["status"]?["readyReplicas"] == 1, "redis is ready", Cancel);

    /// <summary>As <c>kubectl create job --from=cronjob/...</c> does.</summary>
    public async Task<EndedJob> BackUp()
    {
        var cronJob = Api.Cluster.Get("cronjobs", Space, CronJob)!.Item;
        var name = $"now-{++made}";
        await Create(new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["annotations"] = new JsonObject { ["cronjob.kubernetes.io/instantiate"] = "manual" },
                ["ownerReferences"] = new JsonArray(new JsonObject { ["apiVersion"] = "batch/v1", ["kind"] = "CronJob", ["name"] = CronJob, ["uid"] = (string)cronJob["metadata"]!["uid"]!, ["controller"] = true }),
            },
            ["spec"] = cronJob["spec"]!["jobTemplate"]!["spec"]!.DeepClone(),
        });
        return await Ended(name);
    }

    /// <summary>As <c>kubectl create -f FILE</c>, with these arguments of the runner in the place of <c>--latest</c>.</summary>
    /// <returns>The Job's name.</returns>
    public async Task<string> CreateRestore(string file = "restore-job.yaml", params string[] insteadOfLatest)
    {
        var job = Yaml.DocumentsIn(Path.Combine(Example, file)).Single();
        var arguments = (JsonArray)job["spec"]!["template"]!["spec"]!["containers"]![0]!["args"]!;
        if (insteadOfLatest.Length > 0)
        {
            arguments.Remove(arguments.Single(argument => (string)argument! == "--latest"));
            foreach (var argument in insteadOfLatest)
                arguments.Add(argument);
        }
        return (string)(await Create(job))["metadata"]!["name"]!;
    }

    public async Task<EndedJob> Ended(string job)
    {
        static bool Is(JsonNode condition, params string[] types) => types.Contains((string?)condition["type"]) && (string?)condition["status"] == "True";
        JsonArray Conditions() => Api.Cluster.Get("jobs", Space, job)!.Item["status"]!["conditions"] as JsonArray ?? [];
        await Cluster.Until(() => Conditions().Any(condition => Is(condition!, "Complete", "Failed")), $"the end of job {job}", Cancel);
        var pods = Cluster.Pods.Where(pod => pod.Name.StartsWith(job + "-", StringComparison.Ordinal)).ToList();
        return new EndedJob(Conditions().Any(condition => Is(condition!, "Complete")), pods.Count, string.Join('\n', pods.Select(pod => pod.Log)), pods[^1].Name);
    }

    /// <summary>What the termination message of a pod's runner says.</summary>
    public JsonNode LastWords(string pod) => JsonNode.Parse(
        (string)Api.Cluster.Get("pods", Space, pod)!.Item["status"]!["containerStatuses"]!.AsArray().Single(status => (string)status!["name"]! == "runner")!["state"]!["terminated"]!["message"]!)!;

    public Task<string> Redis(params string[] words) => Execute(["redis-cli", .. words]);

    public async Task<string> Execute(params string[] command)
    {
        var query = string.Join('&', command.Select(word => "command=" + Uri.EscapeDataString(word)));
        var (socket, refused) = await admin.Connect($"/api/v1/namespaces/{Space}/pods/redis-0/exec?stdout=true&{query}", "v5.channel.k8s.io");
        using var connected = socket ?? throw new InvalidOperationException($"exec was refused: {refused}");
        return string.Concat((await FakeExecTests.Frames(connected)).Where(frame => frame[0] == '1').Select(frame => frame[2..]));
    }

    public JsonObject Lease(string name) => Api.Cluster.Get("leases", Space, name)!.Item;

    public IEnumerable<FakeLogEntry> CallsOf(string account) => Api.Log.Where(entry => entry.User == $"system:serviceaccount:{Space}:{account}");

    /// <summary>Where the claim's data is on this machine.</summary>
    public string Data => Cluster.ClaimFolder(Space, "data-redis-0");

    async Task<JsonObject> Create(JsonObject item)
    {
        var (group, plural) = ((string)item["apiVersion"]! is "v1" ? "/api/v1" : "/apis/" + item["apiVersion"], ((string)item["kind"]!).ToLowerInvariant() + "s");
        var answer = await admin.Call("POST", $"{group}/namespaces/{Space}/{plural}?fieldValidation=Strict", item.ToJsonString());
        Assert.True(answer.Status == 201, $"{item["kind"]} {item["metadata"]?["name"]}: {answer.Text}");
        return (JsonObject)answer.Json;
    }

    /// <summary>What the README tells a user to edit.</summary>
    JsonObject Own(JsonObject item)
    {
        switch ((string)item["metadata"]!["name"]!)
        {
            case "redis-password":
                item["stringData"]!["password"] = password;
                break;
            case "backup-redis-key":
                item["stringData"]!["key"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
                break;
            case "backup-redis-storage":
                foreach (var file in Directory.EnumerateFiles(bucket.CredentialsFolder))
                    item["stringData"]![Path.GetFileName(file)] = File.ReadAllText(file).Trim();
                break;
            case "backup-redis-policy" or "backup-redis-policy-commands":
                var text = (string)item["data"]!["policy.yaml"]!;
                var edited = text.Replace("bucket: backups", $"bucket: {bucket.Name}", StringComparison.Ordinal)
                    .Replace("https://minio.example.com", S3Bucket.Server.AbsoluteUri, StringComparison.Ordinal);
                Assert.NotEqual(text, edited);
                item["data"]!["policy.yaml"] = edited;
                break;
        }
        return item;
    }

    public async ValueTask DisposeAsync()
    {
        admin.Dispose();
        await Cluster.DisposeAsync();
        await Api.DisposeAsync();
        await bucket.DisposeAsync();
    }
}

/// <param name="Pods">How many it took.</param>
/// <param name="Log">Of all of them.</param>
/// <param name="LastPod">Its name.</param>
sealed record EndedJob(bool Complete, int Pods, string Log, string LastPod)
{
    public EndedJob Succeeded()
    {
        Assert.True(Complete, Log);
        return this;
    }
}
