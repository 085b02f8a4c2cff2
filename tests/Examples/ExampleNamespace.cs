using System.Security.Cryptography;
using System.Text.Json.Nodes;
using BackupRunner.Policy;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Kube.Simulation;
using BackupRunner.Tests.Storage.S3;
using BackupRunner.Tests.Support;
using BackupRunner.Tests.Webhook;

namespace BackupRunner.Tests.Examples;

/// <summary>
/// One folder of manifests/examples as a user has it who followed its README, in a simulated cluster: its StatefulSet, its Secrets and the very text of its
/// policy, edited only in its storage. The server, the webhook and the runner are real processes, the store is Swift.
/// </summary>
sealed class ExampleNamespace : IAsyncDisposable
{
    const string Space = "default";
    const string RunnerImage = "backup-runner:0.1.0";

    readonly S3Bucket bucket;
    readonly FakeKubeApi api;
    readonly SimulatedCluster cluster;
    readonly FakeCaller admin;
    readonly JsonObject set;
    readonly WebhookInstallation webhook;
    int made;

    ExampleNamespace(string name, FakeKubeApi api, S3Bucket bucket, WebhookInstallation webhook)
    {
        (Name, this.api, this.bucket, this.webhook) = (name, api, bucket, webhook);
        cluster = new SimulatedCluster(api);
        admin = new FakeCaller(api, api.AdminToken);
        set = Yaml.DocumentsIn(Folder("statefulset.yaml")).Single(item => (string)item["kind"]! == "StatefulSet");
    }

    public string Name { get; }

    /// <summary>Of the example's Secret, as the user has set it. It has what option files, shells and URLs would take otherwise, but no blank, which etcdctl refuses.</summary>
    public string Password { get; } = $"it's\"a#b\"c\\d${{x}}%41:{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";

    /// <summary>Where the claim's data is on this machine.</summary>
    public string Data => cluster.ClaimFolder(Space, $"data-{Name}-0");

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    JsonNode Container => set["spec"]!["template"]!["spec"]!["containers"]![0]!;

    long User => (long)set["spec"]!["template"]!["spec"]!["securityContext"]!["runAsUser"]!;

    /// <param name="runs">What stands for the image of the example's container.</param>
    public static async Task<ExampleNamespace> Apply(string name, SimulatedImage runs)
    {
        var api = await FakeKubeApi.Start(Cancel);
        var shop = new ExampleNamespace(name, api, await S3Bucket.Create(StorageProvider.Minio, Cancel), await WebhookInstallation.Apply(api));
        shop.cluster.Register((string)shop.Container["image"]!, shop.WithUser(runs));
        shop.cluster.Register(RunnerImage, SimulatedImage.Runner());
        await shop.webhook.Run();
        foreach (var item in Yaml.DocumentsIn(shop.Folder("secrets.yaml")).Concat(Yaml.DocumentsIn(shop.Folder("statefulset.yaml"))))
            await shop.webhook.Create(shop.Own(item));
        var policy = Yaml.DocumentsIn(shop.Folder("backuppolicy.yaml")).Single();
        policy["spec"]!["storage"]!["bucket"] = shop.bucket.Name;
        policy["spec"]!["storage"]!["endpoint"] = S3Bucket.Server.AbsoluteUri;
        await shop.webhook.Create(policy);
        await shop.UntilReady();
        await shop.cluster.Until(() => api.Cluster.Get("cronjobs", Space, $"backup-{name}-data-{name}-0") is not null, "the webhook has made the CronJob", Cancel);
        return shop;
    }

    public Task UntilReady() => cluster.Until(() => (long?)Get("statefulsets", Name)["status"]?["readyReplicas"] == 1, $"{Name} is ready", Cancel);

    /// <summary>Runs a script in the example's container, as the policy's commands are run.</summary>
    /// <returns>What it said on stdout.</returns>
    public async Task<string> Execute(string script)
    {
        var (socket, refused) = await admin.Connect($"/api/v1/namespaces/{Space}/pods/{Name}-0/exec?stdout=true&stderr=true&command=sh&command=-euc&command={Uri.EscapeDataString(script)}", "v5.channel.k8s.io");
        using var connected = socket ?? throw new InvalidOperationException($"exec was refused: {refused}");
        var frames = await FakeExecTests.Frames(connected);
        string Said(char channel) => string.Concat(frames.Where(frame => frame[0] == channel).Select(frame => frame[2..]));
        Assert.True((string?)JsonNode.Parse(Said('3'))!["status"] == "Success", $"{script}\n{Said('1')}{Said('2')}{Said('3')}");
        return Said('1');
    }

    /// <summary>As <c>kubectl create job --from=cronjob/...</c> does.</summary>
    public async Task<EndedRun> BackUp()
    {
        var job = Get("cronjobs", $"backup-{Name}-data-{Name}-0")["spec"]!["jobTemplate"]!["spec"]!.DeepClone();
        // A failure shall be seen once.
        job["backoffLimit"] = 0;
        return await Run(new JsonObject { ["apiVersion"] = "batch/v1", ["kind"] = "Job", ["metadata"] = new JsonObject { ["name"] = $"now-{++made}" }, ["spec"] = job });
    }

    public async Task<EndedRun> Restore()
    {
        var job = Yaml.DocumentsIn(Folder("restore-job.yaml")).Single();
        ((JsonObject)job["metadata"]!).Remove("generateName");
        job["metadata"]!["name"] = $"restore-{Name}-{++made}";
        return await Run(job);
    }

    /// <summary>How many objects there are in the bucket.</summary>
    public async Task<int> Stored() => (await bucket.Client.ListObjectsV2Async(new() { BucketName = bucket.Name }, Cancel)).S3Objects?.Count ?? 0;

    /// <summary>What is in the folder that the backup's script works in, hidden files too.</summary>
    public async Task<string> Scratch() => await Execute("ls -A /backup");

    async Task<EndedRun> Run(JsonObject job)
    {
        job["metadata"]!["namespace"] = Space;
        var name = (string)(await webhook.Create(job))["metadata"]!["name"]!;
        bool Has(string type) => (Get("jobs", name)["status"]?["conditions"] as JsonArray ?? []).Any(condition => (string?)condition!["type"] == type && (string?)condition["status"] == "True");
        await cluster.Until(() => Has("Complete") || Has("Failed"), $"the end of job {name}", Cancel);
        var pod = cluster.Pods.Last(pod => pod.Name.StartsWith(name + "-", StringComparison.Ordinal));
        var statuses = (JsonArray)Get("pods", pod.Name)["status"]!["containerStatuses"]!;
        var ended = statuses.Single(status => (string)status!["name"]! == "runner")!["state"]!["terminated"]!;
        var run = new EndedRun((int)(long)ended["exitCode"]!, pod.Log);
        Assert.DoesNotContain(Password, run.Log, StringComparison.Ordinal);
        return run;
    }

    JsonObject Get(string plural, string name) => api.Cluster.Get(plural, Space, name)!.Item;

    string Folder(string file) => Repository.PathOf($"manifests/examples/{Name}/{file}");

    /// <summary>What the README tells a user to edit.</summary>
    JsonObject Own(JsonObject item)
    {
        if ((string)item["kind"]! != "Secret")
            return item;
        var values = (JsonObject)item["stringData"]!;
        switch ((string)item["metadata"]!["name"]!)
        {
            case var secret when secret == $"backup-{Name}-key":
                values["key"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
                break;
            case var secret when secret == $"backup-{Name}-storage":
                foreach (var file in Directory.EnumerateFiles(bucket.CredentialsFolder))
                    values[Path.GetFileName(file)] = File.ReadAllText(file).Trim();
                break;
            default:
                values["password"] = Password;
                break;
        }
        return item;
    }

    // The image has a user of that number.
    SimulatedImage WithUser(SimulatedImage image)
    {
        var folder = cluster.Scratch.Folder("users");
        File.WriteAllText(Path.Join(folder, "passwd"), $"root:x:0:0:root:/root:/bin/sh\n{Name}:x:{User}:{User}::/tmp:/bin/sh\n");
        File.WriteAllText(Path.Join(folder, "group"), $"root:x:0:\n{Name}:x:{User}:\n");
        return image with
        {
            OwnNetwork = true,
            Folders = new Dictionary<string, string>(image.Folders) { ["/etc/passwd"] = Path.Join(folder, "passwd"), ["/etc/group"] = Path.Join(folder, "group") },
        };
    }

    public async ValueTask DisposeAsync()
    {
        admin.Dispose();
        await webhook.DisposeAsync();
        await cluster.DisposeAsync();
        await api.DisposeAsync();
        await bucket.DisposeAsync();
    }
}

/// <param name="ExitCode">Of the runner.</param>
/// <param name="Log">Of all containers of its pod.</param>
sealed record EndedRun(int ExitCode, string Log)
{
    public EndedRun Exited(int code)
    {
        Assert.True(ExitCode == code, Log);
        return this;
    }
}
