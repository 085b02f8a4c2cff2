using System.Text.Json.Nodes;
using BackupRunner.Cluster;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Restore;
using BackupRunner.Tests.EndToEnd;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Cluster;

/// <summary>What others do to a restore while it works: start the workload, take its Lease, restore another claim, take the API server away.</summary>
public sealed class ClusterMeddlingTests : IDisposable
{
    readonly ArchiveGate gate = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => gate.Dispose();

    [Fact]
    public async Task A_pod_that_is_brought_back_between_swap_and_commit_undoes_the_restore()
    {
        await using var site = await RestoreSite.Start();
        await using var run = site.Restore("--latest");

        await PodAt(site, run, JournalPhase.Armed);

        var ended = (await run.Ended).Exited(6);
        Assert.Contains("somebody started statefulset \"redis\", or took its claim, while it was being restored", ended.Error, StringComparison.Ordinal);
        await site.AssertSettled("after", site.OldData);
        Assert.Equal([1, 0, 1, 0, 1], site.Controller.Seen);
    }

    [Fact]
    public async Task A_pod_that_is_brought_back_after_the_commit_fails_a_restore_that_is_finished_all_the_same()
    {
        await using var site = await RestoreSite.Start();
        await using var run = site.Restore("--latest");

        await PodAt(site, run, JournalPhase.Committed);

        var ended = (await run.Ended).Exited(3);
        Assert.Contains("somebody started statefulset \"redis\" before the restore did", ended.Error, StringComparison.Ordinal);
        await site.AssertSettled("after", site.NewData);
        Assert.Equal([1, 0, 1], site.Controller.Seen);
    }

    [Fact]
    public async Task Another_claim_is_not_restored_while_one_is_unfinished()
    {
        await using var site = await RestoreSite.Start();
        await OtherClaim(site);
        await KillAt(site, JournalPhase.Armed);

        foreach (var selection in (string[])["--latest", "--resume"])
        {
            var refused = (await site.Scene.Runner.InProcess(Other(site.Scene.Arguments("restore", site.Policy, "restore-redis", selection)))).Exited(6);
            Assert.Contains("a restore into claim \"data-redis-0\" of statefulset \"redis\" has stopped it", refused.Error, StringComparison.Ordinal);
            Assert.Equal(0, await site.Replicas());
            Assert.Equal("1", await site.Note(LeaseNotes.Replicas));
        }
        (await site.RestoreHere("--resume")).Exited(0);

        await site.AssertSettled("resumed", site.OldData);
    }

    [Fact]
    public async Task Without_the_api_server_a_restore_waits_before_it_changes_anything_and_goes_on_after()
    {
        await using var site = await RestoreSite.Start();
        site.Scene.Variables["PATH"] = gate.Path;
        await using var run = site.Restore("--latest");
        await gate.Reached(run);
        var cut = 0;
        using var away = site.Scene.Api.Faults.Add(request => RestoreSite.IsWrite(request) && Interlocked.Increment(ref cut) > 0, new FakeFault.Cut());

        gate.Open();
        await Eventually.True(() => Task.FromResult(Shell.Try("pgrep", "-P", $"{run.Id}", "-x", "tar").ExitCode == 1), "the end of tar");
        var before = cut;
        await Eventually.True(() => Task.FromResult(cut >= before + 3), "three tries to confirm the leases");

        Assert.Empty(UnfinishedRestore.Find(site.Scene.Data));
        Assert.Equal("damaged", await File.ReadAllTextAsync(Path.Join(site.Scene.Data, "dump.rdb"), Cancel));
        away.Dispose();
        (await run.Ended).Exited(0);
        await site.AssertSettled("after", site.NewData);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(JournalPhase.Armed)]
    [InlineData(JournalPhase.Committed)]
    public async Task A_restore_whose_lease_is_taken_changes_nothing_any_more(JournalPhase? phase)
    {
        await using var site = await RestoreSite.Start();
        await using var run = site.Restore("--latest");
        var answer = new TaskCompletionSource();
        await Reached(site.HoldNext(request => IsAt(site, request, phase), answer.Task), run);
        var (entries, seen) = (RootOf(site), site.Controller.Seen.Count);

        await site.Scene.HoldLease("another-pod_1234", ClusterScene.RestoreLease);
        answer.SetResult();

        var ended = (await run.Ended).Exited(7);
        Assert.Contains("lease \"restore-statefulset-redis\" is lost", ended.Error, StringComparison.Ordinal);
        Assert.Equal(entries, RootOf(site));
        Assert.Equal((0, seen), (await site.Replicas(), site.Controller.Seen.Count));
        Assert.Equal("another-pod_1234", (await site.Scene.Lease(ClusterScene.RestoreLease)).Spec?.HolderIdentity);
        Assert.Equal("1", await site.Note(LeaseNotes.Replicas));
        await site.FreeLeases();
        (await site.RestoreHere("--resume")).Exited(0);
        await site.AssertSettled("resumed", phase == JournalPhase.Committed ? site.NewData : site.OldData);
    }

    [Theory]
    [InlineData("node1", false)]
    [InlineData("node2", true)]
    public async Task A_pod_that_waits_on_another_node_for_the_volume_is_not_waited_for(string node, bool isLetGo)
    {
        await using var scene = await ClusterScene.Start();
        await scene.MakePod("runner", ready: true, name: "restore-redis-abc", isOwned: false);
        await scene.Admin.Delete(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, new(), Cancel);
        await using var hold = new ClusterHold(scene.Admin, ClusterScene.Space, "restore-redis-abc", _ => { }, TimeProvider.System);
        var (lease, claimLease) = (await hold.Take(ClusterScene.RestoreLease, TimeSpan.Zero, Cancel), await hold.Take(ClusterScene.ClaimLease, TimeSpan.Zero, Cancel));
        await scene.Admin.MergePatch(KubeResources.StatefulSets.OfStatus(), ClusterScene.Space, "redis", new JsonObject { ["status"] = new JsonObject { ["observedGeneration"] = 99 } }, Cancel);
        var time = new ManualTime { Leaps = true };
        var begin = time.GetUtcNow();
        var series = new SeriesId("test", ClusterScene.Space, "statefulset", "redis", "data-redis-0");
        var middleware = new Middleware(scene.Admin, series, lease, claimLease, hold, "restore-redis-abc", TimeSpan.FromMinutes(5), _ => { }, time);
        await middleware.Stop(Cancel);
        scene.Api.Faults.Add(RestoreSite.IsScale, new FakeFault.First(async () =>
        {
            await scene.MakePod("redis", ready: false, node: node);
            await scene.Admin.MergePatch(KubeResources.Pods.OfStatus(), ClusterScene.Space, ClusterScene.Pod, new JsonObject { ["status"] = new JsonObject { ["phase"] = "Pending" } }, Cancel);
        }), times: 1);

        var failure = await Record.ExceptionAsync(() => middleware.Start(Cancel));

        Assert.Equal(isLetGo, failure is null);
        if (isLetGo)
            Assert.Contains("pod \"redis-0\" waits on node \"node2\" for the volume, which this pod has on node \"node1\"", middleware.Disturbance, StringComparison.Ordinal);
        else
            Assert.Contains("was not ready within 5m", failure!.Message, StringComparison.Ordinal);
        Assert.InRange(time.GetUtcNow() - begin, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(isLetGo ? 3 : 6));
    }

    /// <summary>Somebody scales the workload up in that phase of the restore.</summary>
    static async Task PodAt(RestoreSite site, RunningRunner run, JournalPhase phase)
    {
        var answer = new TaskCompletionSource();
        await Reached(site.HoldNext(request => IsAt(site, request, phase), answer.Task), run);
        await site.Scale(1);
        await Eventually.True(async () => await site.Scene.Admin.Get(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, Cancel) is not null, "the pod");
        answer.SetResult();
    }

    static async Task KillAt(RestoreSite site, JournalPhase phase)
    {
        await using var run = site.Restore("--latest");
        await Reached(site.HoldNext(request => IsAt(site, request, phase)), run);
        run.Signal("KILL");
        await run.Ended;
        await site.FreeLeases();
    }

    static async Task Reached(Task<string> reached, RunningRunner run)
    {
        if (await Task.WhenAny(reached, run.Ended) != reached)
            Assert.Fail($"the run ended before: {(await run.Ended).Error}");
    }

    /// <summary>The first write after the journal came to that phase; null: after the new data lies staged.</summary>
    static bool IsAt(RestoreSite site, HttpRequest request, JournalPhase? phase) => RestoreSite.IsWrite(request) && (phase is null
        ? Directory.Exists(Path.Join(site.Scene.Data, ".backup-restore"))
        : UnfinishedRestore.Find(site.Scene.Data) is [var unfinished] && unfinished.Phase == phase);

    static string[] RootOf(RestoreSite site) => [.. Directory.EnumerateFileSystemEntries(site.Scene.Data).Where(path => !path.EndsWith(".backup-restore", StringComparison.Ordinal)).Order()];

    static string[] Other(string[] arguments) => [.. arguments.Select(argument => argument == "data-redis-0" ? "data-redis-1" : argument)];

    /// <summary>A second claim, with its Lease, the permission to hold it, and a backup.</summary>
    static async Task OtherClaim(RestoreSite site)
    {
        foreach (var item in Yaml.Documents("""
            {apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: backup-redis-data-redis-1}, spec: {}}
            ---
            {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: more}, rules: [{apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [backup-redis-data-redis-1], verbs: [get, update]}]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: more}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: more}
            subjects: [{kind: ServiceAccount, name: backup-redis, namespace: default}, {kind: ServiceAccount, name: restore-redis, namespace: default}]
            """))
        {
            await site.Scene.Create(item);
        }
        (await site.Scene.Runner.InProcess(Other(site.Scene.Arguments("backup", ClusterScene.Policy(), "backup-redis")))).Exited(0);
    }
}
