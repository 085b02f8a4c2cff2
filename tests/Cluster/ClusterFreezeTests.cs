using System.Text.Json.Nodes;
using BackupRunner.Hooks;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.EndToEnd;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Cluster;

/// <summary>A workload that is frozen while its volume is read, whatever becomes of the run, the pod and the API server.</summary>
public sealed class ClusterFreezeTests : IDisposable
{
    readonly ArchiveGate gate = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => gate.Dispose();

    [Fact]
    public async Task The_mark_is_on_the_lease_as_long_as_the_workload_is_frozen()
    {
        await using var scene = await Scene();
        await using var run = scene.Start("backup", Policy(scene));

        await gate.Reached(run);
        Assert.Equal(["freeze"], scene.Ran);
        var mark = FrozenPod.Parse(ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen)!);
        gate.Open();

        (await run.Ended).Exited(0);
        Assert.Equal(("redis-0", "redis"), (mark!.Pod, mark.Container));
        Assert.Equal(["freeze", "thaw"], scene.Ran);
        Assert.Null(ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen));
    }

    [Fact]
    public async Task A_signal_thaws_and_stores_nothing()
    {
        await using var scene = await Scene();
        await using var run = scene.Start("backup", Policy(scene));
        await gate.Reached(run);

        run.Signal("TERM");

        (await run.Ended).Exited(143);
        Assert.Equal(["freeze", "thaw"], scene.Ran);
        Assert.Null(ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen));
        Assert.Null((await scene.Lease()).Spec?.HolderIdentity);
        Assert.Empty(scene.Stored);
    }

    [Fact]
    public async Task A_run_that_is_killed_leaves_its_mark_and_the_next_takes_the_lease_over_and_thaws_first()
    {
        await using var scene = await Scene();
        await using (var killed = scene.Start("backup", Policy(scene)))
        {
            await gate.Reached(killed);
            killed.Signal("KILL");
            await killed.Ended;
        }
        Assert.NotNull(ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen));
        gate.Open();

        // A minute of the real clock: that long the dead one's Lease lives.
        await using var next = scene.Start("backup", Policy(scene));
        await next.Said("over from");
        await gate.Reached(next);
        gate.Open();

        var ended = (await next.Ended).Exited(0);
        Assert.Equal(["freeze", "thaw", "freeze", "thaw"], scene.Ran);
        Assert.Contains("thawed the workload", ended.Error, StringComparison.Ordinal);
        Assert.Contains("over from \"backup-redis-xyz_", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mark_of_a_pod_that_is_no_more_is_void()
    {
        await using var scene = await Scene();
        await scene.HoldLease(null, frozen: """{"backupId":"20261122t020000z-abcdef","since":"2026-11-22T02:00:00Z","pod":"redis-0","podUid":"another","container":"redis"}""");
        await using var run = scene.Start("backup", Policy(scene));
        await gate.Reached(run);
        gate.Open();

        var ended = (await run.Ended).Exited(0);
        Assert.Equal(["freeze", "thaw"], scene.Ran);
        Assert.Contains("that pod is gone", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prune_thaws_what_it_finds_frozen()
    {
        await using var scene = await Scene();
        var pod = await scene.Admin.Get(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, Cancel);
        scene.Scratch.Folder("store");
        await scene.HoldLease(null, frozen: $$"""{"backupId":"20261122t020000z-abcdef","since":"2026-11-22T02:00:00Z","pod":"redis-0","podUid":"{{pod!.Metadata.Uid}}","container":"redis"}""");

        (await scene.Run("prune", Policy(scene))).Exited(0);

        Assert.Equal(["thaw"], scene.Ran);
        Assert.Null(ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen));
    }

    [Fact]
    public async Task A_hold_is_let_go_by_the_end_of_the_runner_itself()
    {
        await using var scene = await Scene();
        var policy = ClusterScene.Policy($"{{enabled: true, command: 'true', freeze: {{hold: '{scene.Note("held")}; echo READY; cat >/dev/null; {scene.Note("let-go")}'}}}}");
        await using var killed = scene.Start("backup", policy);
        await gate.Reached(killed);
        Assert.Equal(["held"], scene.Ran);

        killed.Signal("KILL");
        await killed.Ended;

        await scene.Api.Execs.Begun.Last(exec => exec.Command[0] == "sh").Ended.WaitAsync(TimeSpan.FromMinutes(2), Cancel);
        Assert.Equal(["held", "let-go"], scene.Ran);
    }

    [Fact]
    public async Task The_api_server_may_be_away_when_it_is_time_to_thaw()
    {
        await using var scene = await Scene();
        await using var run = scene.Start("backup", Policy(scene));
        await gate.Reached(run);

        await scene.Api.Stop();
        gate.Open();
        await Eventually.True(() => Task.FromResult(Shell.Try("pgrep", "-P", $"{run.Id}", "-x", "tar").ExitCode == 1), "the end of tar");
        await scene.Api.Listen(Cancel);

        (await run.Ended).Exited(0);
        Assert.Equal(["freeze", "thaw"], scene.Ran);
    }

    [Fact]
    public async Task A_container_that_is_restarted_while_it_is_frozen_fails_the_backup()
    {
        await using var scene = await Scene();
        await using var run = scene.Start("backup", Policy(scene));
        await gate.Reached(run);

        var status = new JsonObject { ["containerStatuses"] = new JsonArray(new JsonObject { ["name"] = "redis", ["ready"] = true, ["restartCount"] = 1 }) };
        await scene.Admin.MergePatch(KubeResources.Pods.OfStatus(), ClusterScene.Space, ClusterScene.Pod, new JsonObject { ["status"] = status }, Cancel);

        var ended = (await run.Ended).Exited(3);
        Assert.Contains("was restarted while it was to be frozen", ended.Error, StringComparison.Ordinal);
        Assert.Empty(scene.Stored);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pod_that_goes_while_it_is_frozen_is_not_waited_for_and_leaves_no_mark(bool comesBack)
    {
        await using var scene = await Scene();
        await using var run = scene.Start("backup", Policy(scene));
        await gate.Reached(run);
        var start = TimeProvider.System.GetTimestamp();

        await scene.Admin.Delete(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, new() { GracePeriodSeconds = 0 }, Cancel);
        if (comesBack)
            await scene.MakePod("redis", ready: true);

        var ended = (await run.Ended).Exited(143);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, Freeze.ThawTimeout / 2);
        Assert.Contains("makes way", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("could not be thawed", ended.Error, StringComparison.Ordinal);
        // Its successor was never frozen.
        Assert.Equal(["freeze"], scene.Ran);
        Assert.Empty(scene.Stored);
        Assert.Null(ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen));
        Assert.True((await scene.Lease()).Spec?.HolderIdentity is null or "");
        if (!comesBack)
            await scene.MakePod("redis", ready: true);
        await using var next = scene.Start("backup", Policy(scene));
        await gate.Reached(next);
        gate.Open();
        Assert.DoesNotContain("frozen", (await next.Ended).Exited(0).Error, StringComparison.Ordinal);
        Assert.Equal(["freeze", "freeze", "thaw"], scene.Ran);
    }

    async Task<ClusterScene> Scene()
    {
        var scene = await ClusterScene.Start();
        scene.Variables["PATH"] = gate.Path;
        return scene;
    }

    static string Policy(ClusterScene scene) =>
        ClusterScene.Policy($"{{enabled: true, command: 'true', freeze: {{command: '{scene.Note("freeze")}', thaw: '{scene.Note("thaw")}'}}}}");
}
