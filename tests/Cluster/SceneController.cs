using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using BackupRunner.Kube;

namespace BackupRunner.Tests.Cluster;

/// <summary>
/// What keeps the pod of a <see cref="ClusterScene"/> as the StatefulSet's replicas say. Its pods are objects only; tests/Kube/Simulation has some that run.
/// </summary>
sealed class SceneController : IAsyncDisposable
{
    readonly ClusterScene scene;
    readonly ConcurrentQueue<int> seen = new();
    readonly CancellationTokenSource stop = new();
    readonly Task working;

    public SceneController(ClusterScene scene)
    {
        this.scene = scene;
        working = Work();
    }

    /// <summary>A pod that does not end.</summary>
    public bool PodsStay { get; set; }

    /// <summary>Whether a new pod becomes ready: by what lies in the data folder.</summary>
    public Func<bool> IsHealthy { get; set; } = () => true;

    /// <summary>From now on, also for the pod that is there.</summary>
    public Task Become(Func<bool> isHealthy)
    {
        IsHealthy = isHealthy;
        return scene.Admin.MergePatch(KubeResources.StatefulSets, ClusterScene.Space, "redis",
            new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["looked"] = "again" } } }, stop.Token);
    }

    /// <summary>Each change of the replicas, as it was seen.</summary>
    public IReadOnlyList<int> Seen => [.. seen];

    async Task Work()
    {
        try
        {
            await foreach (var change in scene.Admin.Watch(KubeResources.StatefulSets, ClusterScene.Space, new ListOptions(), stop.Token))
            {
                if (change.Item is { } set && change.Change != WatchChange.Deleted)
                    await Keep(set);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    async Task Keep(Workload set)
    {
        var wanted = set.Spec?.Replicas ?? 0;
        if (Seen.LastOrDefault(-1) != wanted)
            seen.Enqueue(wanted);
        var pod = await scene.Admin.Get(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, stop.Token);
        if (wanted == 0 && pod is not null && !PodsStay)
            await scene.Admin.Delete(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, new(), stop.Token);
        var healthy = IsHealthy();
        if (wanted > 0 && pod is null)
            await scene.MakePod("redis", healthy);
        var ready = wanted > 0 && healthy ? 1 : 0;
        if (set.Status?.ObservedGeneration == set.Metadata.Generation && (set.Status?.ReadyReplicas ?? 0) == ready)
            return;
        var status = new JsonObject { ["observedGeneration"] = set.Metadata.Generation, ["replicas"] = wanted, ["readyReplicas"] = ready };
        await scene.Admin.MergePatch(KubeResources.StatefulSets.OfStatus(), ClusterScene.Space, "redis", new JsonObject { ["status"] = status }, stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await working;
        stop.Dispose();
    }
}
