using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Cluster;

/// <summary>A <see cref="ClusterScene"/> with a backup of the new data in its store, the old data in its claim, and a controller at work.</summary>
sealed class RestoreSite : IAsyncDisposable
{
    RestoreSite(ClusterScene scene) => (Scene, Controller) = (scene, new SceneController(scene));

    public ClusterScene Scene { get; }

    public SceneController Controller { get; }

    public string NewData { get; private init; } = "";

    public string OldData { get; private set; } = "";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<RestoreSite> Start()
    {
        var scene = await ClusterScene.Start();
        scene.Scratch.File("data/folder/inner", "restored");
        (await scene.Runner.InProcess(scene.Arguments("backup", ClusterScene.Policy(), "backup-redis"))).Exited(0);
        var site = new RestoreSite(scene) { NewData = Listing(scene.Data) };
        site.Reset();
        await Eventually.True(() => Task.FromResult(site.Controller.Seen is [1]), "the controller's first look");
        return site;
    }

    /// <summary>The old data, and nothing else of what earlier restores left.</summary>
    public void Reset()
    {
        Directory.Delete(Scene.Data, recursive: true);
        Scene.Scratch.File("data/dump.rdb", "damaged");
        Scene.Scratch.File("data/others/inner", "old");
        OldData = Listing(Scene.Data);
    }

    /// <summary>All that is in the claim: the old data, the new, or something that is neither.</summary>
    public string Data => Listing(Scene.Data);

    public RunningRunner Restore(params string[] more) => Scene.Start("restore", Policy, more);

    public string Policy { get; set; } = ClusterScene.Policy(restore: "{startTimeout: 20s}");

    /// <summary>In this process: quick, for the runs that nobody kills.</summary>
    public Task<RunnerResult> RestoreHere(params string[] more) => Scene.Runner.InProcess(Scene.Arguments("restore", Policy, "restore-redis", more));

    /// <summary>What a minute without renewals does: a run that was killed holds nothing any more.</summary>
    public async Task FreeLeases()
    {
        foreach (var name in (string[])[ClusterScene.ClaimLease, ClusterScene.RestoreLease])
            await Scene.HoldLease(null, name);
    }

    public async Task<string?> Note(string key) => ClusterScene.Note(await Scene.Lease(ClusterScene.RestoreLease), key);

    public async Task<int> Replicas() => (await Scene.Admin.Get(KubeResources.StatefulSets, ClusterScene.Space, "redis", Cancel))!.Spec!.Replicas ?? 0;

    public Task Scale(int replicas) => Scene.Admin.MergePatch(
        KubeResources.StatefulSets.OfScale(), ClusterScene.Space, "redis", new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } }, Cancel);

    /// <summary>The data is the old or the new, the workload runs as before, and nothing of a restore is left anywhere.</summary>
    public async Task AssertSettled(string where, string? data = null)
    {
        Assert.True(data is null ? Data == OldData || Data == NewData : Data == data, $"{where}: not the data that was expected:\n{Data}");
        await AssertReleased(where);
        foreach (var key in (string[])[LeaseNotes.Replicas, LeaseNotes.Started, LeaseNotes.Claim, LeaseNotes.Script])
            Assert.True(await Note(key) is null, $"{where}: \"{key}\" is left on the lease");
        Assert.True(await Replicas() == 1, $"{where}: the workload has {await Replicas()} replicas");
        await Eventually.True(async () => await Scene.Admin.Get(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, Cancel) is not null, $"{where}: the pod");
    }

    /// <summary>Another resume has nothing to do, and does nothing.</summary>
    public async Task AssertNothingMore(string where)
    {
        var (data, scales) = (Data, Scales);
        var again = (await RestoreHere("--resume")).Exited(0);
        Assert.Contains("no unfinished restore", again.Out, StringComparison.Ordinal);
        Assert.Equal(data, Data);
        Assert.True(scales == Scales, $"{where}: a second resume scales");
        await AssertSettled(where);
    }

    int Scales => Scene.Api.Log.Count(entry => entry is { Method: "PATCH", Resource: "statefulsets/scale" });

    public async Task AssertReleased(string where)
    {
        foreach (var name in (string[])[ClusterScene.ClaimLease, ClusterScene.RestoreLease])
            Assert.True((await Scene.Lease(name)).Spec?.HolderIdentity is null or "", $"{where}: \"{name}\" is held by {(await Scene.Lease(name)).Spec?.HolderIdentity}");
    }

    /// <summary>A change that only a restore makes: of a Lease, or of the number of replicas.</summary>
    public static bool IsWrite(HttpRequest request) => request.Method is "PUT" or "PATCH" && (IsScale(request) || request.Path.Value!.Contains("/leases/", StringComparison.Ordinal));

    public static bool IsScale(HttpRequest request) => request.Method == "PATCH" && request.Path.Value!.EndsWith("/scale", StringComparison.Ordinal);

    /// <summary>Holds the next request that is meant for ever, and says when it has come.</summary>
    public Task<string> HoldNext(Func<HttpRequest, bool> which, Task? until = null)
    {
        var reached = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Scene.Api.Faults.Add(
            request =>
            {
                if (!which(request))
                    return false;
                reached.TrySetResult($"{request.Method} {request.Path}");
                return true;
            },
            new FakeFault.Hold(until ?? Task.Delay(Timeout.Infinite, Cancel)), times: 1);
        return reached.Task;
    }

    /// <summary>A look at the workload, which was scaled back and has its pod.</summary>
    public bool WaitsForReady(HttpRequest request) =>
        request.Method == "GET" && request.Path.Value!.EndsWith("/statefulsets/redis", StringComparison.Ordinal)
        && Controller.Seen is [1, 0, 1] && Scene.Api.Cluster.Get("pods", ClusterScene.Space, ClusterScene.Pod) is not null;

    /// <summary>Where the run is; null: it has ended before it came there.</summary>
    public static async Task<string?> First(Task<string> reached, RunningRunner run) => await Task.WhenAny(reached, run.Ended) == reached ? await reached : null;

    static string Listing(string folder) => string.Join('\n',
        from path in Directory.EnumerateFileSystemEntries(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
        orderby path
        select Path.GetRelativePath(folder, path) + (Directory.Exists(path) ? "/" : "=" + File.ReadAllText(path)));

    public async ValueTask DisposeAsync()
    {
        await Controller.DisposeAsync();
        await Scene.DisposeAsync();
    }
}
