using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Tests.Cluster;

/// <summary>Restores that stop and start the workload.</summary>
public sealed class ClusterRestoreTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_workload_is_stopped_before_anything_changes_and_runs_again_after()
    {
        await using var scene = await Scene();
        await using var controller = new SceneController(scene);

        var run = (await scene.Run("restore", ClusterScene.Policy(restore: $"{{healthCommand: '{scene.Note("healthy")}'}}"), "--latest")).Exited(0);

        Assert.Equal("the data", await File.ReadAllTextAsync(Path.Combine(scene.Data, "dump.rdb"), Cancel));
        Assert.Equal([1, 0, 1], controller.Seen);
        Assert.Equal(["healthy"], scene.Ran);
        Assert.Contains("stopping statefulset \"redis\": 1 replicas to 0", run.Error, StringComparison.Ordinal);
        Assert.Equal(DataState.Restored, await scene.Left());
        await AssertSettled(scene);
        Assert.DoesNotContain(scene.Api.Log, entry => entry.User.Contains("restore-redis", StringComparison.Ordinal) && entry.Status is 401 or 403);
    }

    [Fact]
    public async Task Data_that_the_workload_does_not_start_on_is_put_back()
    {
        await using var scene = await Scene();
        await using var controller = new SceneController(scene) { IsHealthy = () => File.ReadAllText(Path.Combine(scene.Data, "dump.rdb")) != "the data" };

        var run = (await scene.Run("restore", ClusterScene.Policy(restore: "{startTimeout: 5s}"), "--latest")).Exited(3);

        Assert.Equal("damaged", await File.ReadAllTextAsync(Path.Combine(scene.Data, "dump.rdb"), Cancel));
        Assert.Contains("was not ready within 5s", run.Error, StringComparison.Ordinal);
        Assert.Contains("statefulset \"redis\" runs again", run.Error, StringComparison.Ordinal);
        Assert.Equal([1, 0, 1, 0, 1], controller.Seen);
        Assert.Equal(DataState.RolledBack, await scene.Left());
        await AssertSettled(scene);
    }

    [Fact]
    public async Task Without_undo_unhealthy_data_stays_and_nothing_is_stopped_again()
    {
        await using var scene = await Scene();
        await using var controller = new SceneController(scene) { IsHealthy = () => File.ReadAllText(Path.Combine(scene.Data, "dump.rdb")) != "the data" };

        (await scene.Run("restore", ClusterScene.Policy(restore: "{startTimeout: 5s, undo: false}"), "--latest")).Exited(3);

        Assert.Equal(DataState.Restored, await scene.Left());
        Assert.Equal("the data", await File.ReadAllTextAsync(Path.Combine(scene.Data, "dump.rdb"), Cancel));
        Assert.Equal([1, 0, 1], controller.Seen);
        await AssertSettled(scene);
    }

    [Fact]
    public async Task A_pod_that_does_not_end_leaves_the_data_untouched_and_the_workload_running()
    {
        await using var scene = await Scene();
        await using var controller = new SceneController(scene) { PodsStay = true };

        var run = (await scene.Run("restore", ClusterScene.Policy(restore: "{startTimeout: 3s}"), "--latest")).Exited(6);

        Assert.Equal("damaged", await File.ReadAllTextAsync(Path.Combine(scene.Data, "dump.rdb"), Cancel));
        Assert.Contains("did not stop within 3s", run.Error, StringComparison.Ordinal);
        Assert.Equal(DataState.Untouched, await scene.Left());
        // The run does not wait for a pod that never went.
        await Support.Eventually.True(() => Task.FromResult(controller.Seen.Count == 3), "the replicas are back");
        Assert.Equal([1, 0, 1], controller.Seen);
        await AssertSettled(scene);
    }

    [Fact]
    public async Task A_workload_whose_claims_go_with_its_pods_is_never_scaled()
    {
        await using var scene = await Scene();
        await scene.Admin.MergePatch(KubeResources.StatefulSets, ClusterScene.Space, "redis",
            new JsonObject { ["spec"] = new JsonObject { ["persistentVolumeClaimRetentionPolicy"] = new JsonObject { ["whenScaled"] = "Delete" } } }, Cancel);
        await using var controller = new SceneController(scene);

        var run = (await scene.Run("restore", ClusterScene.Policy(), "--latest")).Exited(6);

        Assert.Contains("whenScaled: Retain", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(0, controller.Seen);
    }

    [Fact]
    public async Task A_stranger_that_has_the_claim_is_named_and_nothing_is_stopped()
    {
        await using var scene = await Scene();
        await using var controller = new SceneController(scene);
        await scene.MakePod("shell", ready: true, name: "debug", isOwned: false);

        var run = (await scene.Run("restore", ClusterScene.Policy(), "--latest")).Exited(6);

        Assert.Contains("pod \"debug\" has claim \"data-redis-0\" too", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(0, controller.Seen);
    }

    [Fact]
    public async Task A_workload_that_was_at_zero_stays_there()
    {
        await using var scene = await Scene();
        await scene.Admin.MergePatch(KubeResources.StatefulSets.OfScale(), ClusterScene.Space, "redis", new JsonObject { ["spec"] = new JsonObject { ["replicas"] = 0 } }, Cancel);
        await using var controller = new SceneController(scene);

        var run = (await scene.Run("restore", ClusterScene.Policy(restore: $"{{healthCommand: '{scene.Note("healthy")}'}}"), "--latest")).Exited(0);

        Assert.Equal("the data", await File.ReadAllTextAsync(Path.Combine(scene.Data, "dump.rdb"), Cancel));
        Assert.Equal([0], controller.Seen);
        Assert.Contains("was not run: the workload had 0 replicas", run.Error, StringComparison.Ordinal);
        await AssertSettled(scene);
    }

    [Fact]
    public async Task Nothing_to_restore_stops_nothing()
    {
        await using var scene = await Scene();
        await using var controller = new SceneController(scene);

        (await scene.Run("restore", ClusterScene.Policy(), "--before", "2020-01-01")).Exited(2);

        Assert.DoesNotContain(0, controller.Seen);
    }

    [Fact]
    public async Task A_pod_that_is_brought_back_before_the_swap_stops_the_restore()
    {
        await using var scene = await Scene();
        await using var controller = new SceneController(scene);
        // An autoscaler that sees zero and wants one.
        using var meddler = new CancellationTokenSource();
        var meddling = Meddle(scene, meddler.Token);

        var run = (await scene.Run("restore", ClusterScene.Policy(restore: "{startTimeout: 20s}"), "--latest")).Exited(6);
        await meddler.CancelAsync();
        await meddling;

        Assert.Equal("damaged", await File.ReadAllTextAsync(Path.Combine(scene.Data, "dump.rdb"), Cancel));
        Assert.Contains("pause its autoscaler", run.Error, StringComparison.Ordinal);
        await AssertSettled(scene);
    }

    static async Task Meddle(ClusterScene scene, CancellationToken stop)
    {
        try
        {
            await foreach (var change in scene.Admin.Watch(KubeResources.StatefulSets, ClusterScene.Space, new ListOptions(), stop))
            {
                if (change.Item is { Spec.Replicas: 0 })
                    await scene.Admin.MergePatch(KubeResources.StatefulSets.OfScale(), ClusterScene.Space, "redis", new JsonObject { ["spec"] = new JsonObject { ["replicas"] = 1 } }, stop);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Nothing is left: no lock, nothing remembered, the pod as before.</summary>
    static async Task AssertSettled(ClusterScene scene)
    {
        foreach (var name in (string[])[ClusterScene.ClaimLease, ClusterScene.RestoreLease])
            Assert.Null((await scene.Lease(name)).Spec?.HolderIdentity);
        Assert.Null(ClusterScene.Note(await scene.Lease(ClusterScene.RestoreLease), LeaseNotes.Replicas));
        Assert.False(Directory.Exists(Path.Combine(scene.Data, ".backup-restore")));
    }

    static async Task<ClusterScene> Scene()
    {
        var scene = await ClusterScene.Start();
        (await scene.Run("backup", ClusterScene.Policy())).Exited(0);
        scene.Scratch.File("data/dump.rdb", "damaged");
        return scene;
    }
}
