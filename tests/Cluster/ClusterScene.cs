using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Cluster;

/// <summary>
/// A namespace with a StatefulSet redis, its claim data-redis-0 and its pod redis-0, whose container is this host; and the objects of the example, so that
/// the runner may do what its shipped Role lets it, and no more. The runner is called with a kubeconfig of its account.
/// </summary>
sealed class ClusterScene : IAsyncDisposable
{
    public const string Space = "default";
    public const string ClaimLease = "backup-redis-data-redis-0";
    public const string RestoreLease = "restore-statefulset-redis";
    public const string Pod = "redis-0";

    static readonly string Example = Path.Combine(Repository.Root, "manifests", "examples", "redis");

    readonly string kubeconfigs;

    ClusterScene(FakeKubeApi api, Scratch scratch)
    {
        (Api, Scratch, kubeconfigs) = (api, scratch, scratch.Folder("kubeconfigs"));
        AdminConfig = KubeConfig.FromFile(KubeconfigOf("admin", api.AdminToken), null) with { CallsPerSecond = 10_000, CallsAtOnce = 10_000 };
        Admin = new KubeClient(AdminConfig, TimeProvider.System);
    }

    public FakeKubeApi Api { get; }

    public Scratch Scratch { get; }

    public KubeConfig AdminConfig { get; }

    public KubeClient Admin { get; }

    public string Data => Scratch["data"];

    public string Store => Scratch["store"];

    /// <summary>What the container's commands wrote down, one word a line.</summary>
    public string[] Ran => File.Exists(Scratch["ran"]) ? File.ReadAllLines(Scratch["ran"]) : [];

    public Dictionary<string, string> Variables { get; } = new() { ["POD_NAME"] = "backup-redis-xyz" };

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<ClusterScene> Start()
    {
        var scratch = new Scratch();
        scratch.File("data/dump.rdb", "the data");
        scratch.Folder("archive");
        var scene = new ClusterScene(await FakeKubeApi.Start(Cancel), scratch);
        foreach (var file in (string[])["rbac.yaml", "leases.yaml", "statefulset.yaml"])
            foreach (var item in Yaml.DocumentsIn(Path.Combine(Example, file)))
                await scene.Create(item);
        await scene.MakePod("redis", ready: true);
        return scene;
    }

    /// <summary>What the run of <paramref name="account"/> is called with.</summary>
    public string[] Arguments(string verb, string policy, string account, params string[] more) =>
    [
        verb, "--policy", Scratch.File($"policy-{verb}.yaml", policy), "--store", Store, "--workload", "statefulset/redis", "--claim", "data-redis-0", "--data", Data,
        "--kubeconfig", KubeconfigOf(account, Api.TokenOf(Space, account)), .. verb is "prune" ? [] : (string[])["--archive-path", Scratch["archive/backup.tar.gz"]], .. more,
    ];

    public RunningRunner Start(string verb, string policy, params string[] more) =>
        Runner.Start(Arguments(verb, policy, verb == "restore" ? "restore-redis" : "backup-redis", more));

    public async Task<RunnerResult> Run(string verb, string policy, params string[] more)
    {
        await using var run = Start(verb, policy, more);
        return await run.Ended;
    }

    public RunnerCall Runner => new(Scratch["state"]) { Variables = Variables };

    /// <summary>A policy of the cluster "test" with these settings of consistency, one line each.</summary>
    public static string Policy(string consistency = "{enabled: false}", string commands = "{}", string restore = "{}") => $$"""
        backup:
          cluster: test
          settings: {consistency: {{consistency}}}
          commands: {{commands}}
          restore: {{restore}}
        """;

    /// <summary>A command that writes a word down, in the container.</summary>
    public string Note(string word) => $"echo {word} >> {Scratch["ran"]}";

    public async Task<Lease> Lease(string name = ClaimLease) => await Admin.Get(KubeResources.Leases, Space, name, Cancel) ?? throw new InvalidOperationException($"no lease {name}");

    public static string? Note(Lease lease, string key) => lease.Metadata.Annotations?.GetValueOrDefault(key);

    /// <summary>A Lease that a run holds which is no more, or not yet.</summary>
    public async Task HoldLease(string? holder, string name = ClaimLease, TimeSpan? renewedAgo = null, string? frozen = null)
    {
        while (true)
        {
            var lease = await Lease(name);
            var annotations = new Dictionary<string, string>(lease.Metadata.Annotations ?? []);
            if (frozen is not null)
                annotations[LeaseNotes.Frozen] = frozen;
            var renewed = TimeProvider.System.GetUtcNow() - (renewedAgo ?? TimeSpan.Zero);
            try
            {
                await Admin.Replace(KubeResources.Leases, lease with
                {
                    Metadata = lease.Metadata with { Annotations = annotations },
                    Spec = new LeaseSpec { HolderIdentity = holder, LeaseDurationSeconds = 60, AcquireTime = renewed, RenewTime = renewed, LeaseTransitions = 1 },
                }, Cancel);
                return;
            }
            catch (KubeException e) when (e.IsConflict)
            {
                // A run that lives has renewed it in between.
            }
        }
    }

    public IReadOnlyList<string> Backups => Directory.Exists(Store) ? [.. Directory.EnumerateFiles(Store, "backup.json", SearchOption.AllDirectories)] : [];

    /// <summary>What any backup, finished or not, has left in the store.</summary>
    public IReadOnlyList<string> Stored => Directory.Exists(Store) ? [.. Directory.EnumerateFiles(Store, "*", SearchOption.AllDirectories)] : [];

    /// <summary>The manifest of the one backup.</summary>
    public JsonElement Manifest => JsonDocument.Parse(File.ReadAllText(Assert.Single(Backups))).RootElement;

    /// <param name="other">A second claim that it has.</param>
    public async Task<Pod> MakePod(string container, bool ready, string name = Pod, string claim = "data-redis-0", string? other = null, bool isOwned = true, FakeContainer? runs = null, string? node = "node1", bool isRunner = false)
    {
        var set = await Admin.Get(KubeResources.StatefulSets, Space, "redis", Cancel);
        var item = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = Space,
                ["labels"] = isRunner ? new JsonObject { [ClusterNames.AppLabel] = ClusterNames.App } : JsonSerializer.SerializeToNode(set!.Spec!.Selector!.MatchLabels),
                ["ownerReferences"] = isOwned ? new JsonArray(new JsonObject
                {
                    ["apiVersion"] = "apps/v1",
                    ["kind"] = "StatefulSet",
                    ["name"] = "redis",
                    ["uid"] = set!.Metadata.Uid,
                    ["controller"] = true,
                    ["blockOwnerDeletion"] = true,
                }) : new JsonArray(),
            },
            ["spec"] = new JsonObject
            {
                ["containers"] = new JsonArray(new JsonObject
                {
                    ["name"] = container,
                    ["image"] = "redis:7.4",
                    ["env"] = new JsonArray(new JsonObject { ["name"] = "REDIS_PASSWORD", ["value"] = "from-the-pod" }),
                    ["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "data", ["mountPath"] = "/var/lib/redis" }),
                }),
                ["volumes"] = new JsonArray([.. Volume("data", claim), .. Volume("other", other)]),
                ["nodeName"] = node,
            },
        };
        Api.Containers.Register(Space, name, container, runs ?? new FakeContainer());
        var pod = await Create(item);
        var status = new JsonObject
        {
            ["phase"] = "Running",
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = ready ? "True" : "False" }),
            ["containerStatuses"] = new JsonArray(new JsonObject { ["name"] = container, ["ready"] = ready, ["restartCount"] = 0 }),
        };
        return await Admin.MergePatch(KubeResources.Pods.OfStatus(), Space, pod.Metadata.Name, new JsonObject { ["status"] = status }, Cancel);
    }

    static JsonObject[] Volume(string name, string? claim) =>
        claim is null ? [] : [new JsonObject { ["name"] = name, ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = claim } }];

    public async Task<KubeObject> Create(JsonObject item)
    {
        var (group, version) = ((string)item["apiVersion"]!).Split('/') is [var named, var of] ? (named, of) : ("", (string)item["apiVersion"]!);
        var resource = KubeResources.Any(group, version, ((string)item["kind"]!).ToLowerInvariant() + "s");
        ((JsonObject)item["metadata"]!).TryAdd("namespace", Space);
        return await Admin.Create(resource, item.Deserialize(resource.Json)!, Cancel);
    }

    string KubeconfigOf(string user, string token)
    {
        File.WriteAllText(Path.Combine(kubeconfigs, "ca.crt"), Api.AuthorityPem);
        var tokenFile = Path.Combine(kubeconfigs, user + ".token");
        File.WriteAllText(tokenFile, token);
        var path = Path.Combine(kubeconfigs, user + ".yaml");
        File.WriteAllText(path, $$$"""
            apiVersion: v1
            kind: Config
            current-context: test
            contexts: [{name: test, context: {cluster: test, user: {{{user}}}, namespace: {{{Space}}}}}]
            clusters: [{name: test, cluster: {server: "{{{Api.Address}}}", certificate-authority: ca.crt}}]
            users: [{name: {{{user}}}, user: {tokenFile: {{{user}}}.token}}]
            """);
        return path;
    }

    /// <summary>A new token for the account, in the file that the runner reads; the old ones are worth nothing any more.</summary>
    public void RotateToken(string account)
    {
        Api.Users.RevokeAll(FakeUser.Account(Space, account).Name);
        File.WriteAllText(Path.Combine(kubeconfigs, account + ".token"), Api.TokenOf(Space, account));
    }

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        await Api.DisposeAsync();
        Scratch.Dispose();
    }
}
