using System.Diagnostics;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.EndToEnd;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Cluster;

/// <summary>What stands beside a run in a real namespace: backups that become due, pods of other claims, API servers that come and go, runs that were paused.</summary>
public sealed class ClusterNeighbourTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Backups_that_become_due_during_a_restore_do_not_disturb_it()
    {
        await using var scene = await Damaged();
        await using var controller = new SceneController(scene);
        // One waits for the node of a pod that is gone; one waits for the Lease; both have the claim.
        await scene.MakePod("runner", ready: false, name: "backup-due-1", isOwned: false, node: null);
        await scene.MakePod("runner", ready: true, name: "backup-due-2", isOwned: false, isRunner: true);

        (await scene.Run("restore", ClusterScene.Policy(), "--latest")).Exited(0);

        Assert.Equal("the data", await File.ReadAllTextAsync(Path.Combine(scene.Data, "dump.rdb"), Cancel));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_that_lost_its_lease_is_a_stranger_unless_only_its_proxy_lives(bool hasEnded)
    {
        await using var scene = await Damaged();
        await using var controller = new SceneController(scene);
        await scene.MakePod("runner", ready: true, name: "restore-lost", isOwned: false, isRunner: true);
        await scene.HoldLease("restore-lost_12345678", ClusterScene.RestoreLease);
        if (hasEnded)
        {
            var state = new JsonObject { ["terminated"] = new JsonObject { ["exitCode"] = 137 } };
            var status = new JsonObject { ["containerStatuses"] = new JsonArray(new JsonObject { ["name"] = "runner", ["ready"] = false, ["restartCount"] = 0, ["state"] = state }) };
            await scene.Admin.MergePatch(KubeResources.Pods.OfStatus(), ClusterScene.Space, "restore-lost", new JsonObject { ["status"] = status }, Cancel);
        }

        // A minute of the real clock: that long the dead one's Lease lives.
        var run = (await scene.Run("restore", ClusterScene.Policy(), "--latest")).Exited(hasEnded ? 0 : 6);

        if (hasEnded)
            return;
        Assert.Contains("pod \"restore-lost\" has claim", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(0, controller.Seen);
    }

    [Fact]
    public async Task An_api_server_that_is_away_for_a_while_undoes_no_good_restore()
    {
        await using var scene = await Damaged();
        await using var controller = new SceneController(scene) { IsHealthy = () => false };
        await using var run = scene.Start("restore", ClusterScene.Policy(restore: $"{{startTimeout: 5m, healthCommand: '{scene.Note("healthy")}'}}"), "--latest");
        await Eventually.True(() => Task.FromResult(controller.Seen is [1, 0, 1]), "the start");
        var asked = 0;
        var away = scene.Api.Faults.Add(
            request => request.Headers.Authorization != "Bearer " + scene.Api.AdminToken && Interlocked.Increment(ref asked) > 0, new FakeFault.Cut());

        // More tries than a single call makes.
        await Eventually.True(() => Task.FromResult(asked > 12), "calls that are cut");
        away.Dispose();
        controller.IsHealthy = () => true;
        await scene.Admin.MergePatch(KubeResources.StatefulSets, ClusterScene.Space, "redis", Annotation("seen", "again"), Cancel);

        (await run.Ended).Exited(0);
        Assert.Equal("the data", await File.ReadAllTextAsync(Path.Combine(scene.Data, "dump.rdb"), Cancel));
        Assert.Equal([1, 0, 1], controller.Seen);
        Assert.Equal(["healthy"], scene.Ran);
    }

    [Fact]
    public async Task A_run_that_was_paused_does_not_thaw_what_the_next_one_has_frozen()
    {
        using var first = new ArchiveGate();
        using var second = new ArchiveGate();
        await using var scene = await ClusterScene.Start();
        var policy = ClusterScene.Policy($"{{enabled: true, command: 'true', freeze: {{command: '{scene.Note("freeze")}', thaw: '{scene.Note("thaw")}'}}}}");
        scene.Variables["PATH"] = first.Path;
        await using var paused = scene.Start("backup", policy);
        await first.Reached(paused);
        paused.Signal("STOP");
        scene.Variables["PATH"] = second.Path;
        await using var winner = scene.Start("backup", policy);
        await winner.Said("over from");
        await second.Reached(winner);
        Assert.Equal(["freeze", "thaw", "freeze"], scene.Ran);

        paused.Signal("CONT");
        (await paused.Ended).Exited(7);

        Assert.Equal(["freeze", "thaw", "freeze"], scene.Ran);
        second.Open();
        (await winner.Ended).Exited(0);
        Assert.Equal(["freeze", "thaw", "freeze", "thaw"], scene.Ran);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(45)]
    public async Task A_freeze_whose_connection_is_cut_is_ended_and_stays_marked(int afterBytes)
    {
        await using var scene = await ClusterScene.Start();
        using var pipe = new Scratch();
        Shell.Run("mkfifo", pipe["go"]);
        var freeze = $"echo 0123456789012345678901234567890123456789; read -r go < {pipe["go"]}; {scene.Note("FROZEN")}";
        scene.Api.Execs.Break(_ => scene.Ran.Contains("consistent"), new FakeExecFault(CutAfterBytes: afterBytes));

        (await scene.Run("backup", ClusterScene.Policy(
            $"{{enabled: true, command: '{scene.Note("consistent")}', freeze: {{command: '{freeze}', thaw: '{scene.Note("thaw")}'}}}}"))).Exited(3);

        // Whether it could be ended or not: who comes next thaws again.
        Assert.NotNull(ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen));
        Assert.Equal("thaw", scene.Ran[^1]);
        Shell.Try("timeout", "1", "sh", "-c", $"echo go > {pipe["go"]}");
        if (afterBytes > 40)
            Assert.DoesNotContain("FROZEN", scene.Ran);
    }

    [Fact]
    public async Task A_pod_that_does_not_mount_the_claim_is_refused()
    {
        await using var scene = await Damaged();
        await using var controller = new SceneController(scene);
        await scene.MakePod("runner", ready: true, name: "backup-redis-xyz", claim: "data-other-0", isOwned: false);

        foreach (var verb in (string[])["restore", "backup"])
        {
            var run = (await scene.Run(verb, ClusterScene.Policy(), verb == "restore" ? ["--latest"] : [])).Exited(2);
            Assert.Contains("does not mount claim \"data-redis-0\"", run.Error, StringComparison.Ordinal);
        }
        Assert.Equal("damaged", await File.ReadAllTextAsync(Path.Combine(scene.Data, "dump.rdb"), Cancel));
        Assert.DoesNotContain(0, controller.Seen);
    }

    [Fact]
    public async Task A_script_does_not_run_when_somebody_started_the_workload_meanwhile()
    {
        await using var scene = await Damaged();
        await using var controller = new SceneController(scene);
        using var container = Process.Start(new ProcessStartInfo("sh", ["-c", RestoreContainer.Wrapper, "sh", scene.Scratch["archive/restore"]]))!;
        var once = 0;
        // While the archive comes over: the next write of the Lease after the pod is gone.
        using var meddler = scene.Api.Faults.Add(
            request => request.Method == "PUT" && request.Path.Value!.EndsWith("/" + ClusterScene.RestoreLease, StringComparison.Ordinal) && controller.Seen.LastOrDefault(-1) == 0
                && scene.Api.Cluster.Get("pods", ClusterScene.Space, ClusterScene.Pod) is null && Interlocked.Exchange(ref once, 1) == 0,
            new FakeFault.First(async () =>
            {
                await scene.Admin.MergePatch(KubeResources.StatefulSets.OfScale(), ClusterScene.Space, "redis", new JsonObject { ["spec"] = new JsonObject { ["replicas"] = 1 } }, Cancel);
                await Eventually.True(async () => await scene.Admin.Get(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, Cancel) is not null, "the pod");
            }));

        (await scene.Run("restore", ClusterScene.Policy(commands: $"{{restore: '{scene.Note("script")}'}}"), "--latest")).Exited(6);

        await container.WaitForExitAsync(Cancel);
        Assert.Empty(scene.Ran);
        Assert.Null(ClusterScene.Note(await scene.Lease(ClusterScene.RestoreLease), LeaseNotes.Replicas));
    }

    [Fact]
    public async Task Half_a_script_is_no_data_to_back_up()
    {
        await using var scene = await Damaged();
        await scene.Admin.MergePatch(KubeResources.Leases, ClusterScene.Space, ClusterScene.ClaimLease, Annotation(LeaseNotes.Script, "20261122t020000z-abcdef"), Cancel);

        var run = (await scene.Run("backup", ClusterScene.Policy())).Exited(6);

        Assert.Contains("commands.restore", run.Error, StringComparison.Ordinal);
        Assert.Single(scene.Backups);
    }

    [Fact]
    public async Task A_resume_without_the_volume_is_no_success()
    {
        await using var scene = await Damaged();
        Directory.Move(scene.Data, scene.Data + "-elsewhere");

        (await scene.Run("restore", ClusterScene.Policy(), "--resume")).Exited(6);
    }

    [Fact]
    public async Task A_shell_that_never_ends_its_line_takes_no_memory()
    {
        await using var scene = await ClusterScene.Start();
        Shell.Run("chmod", "755", scene.Scratch.File("liar/sh", "#!/bin/dash\nexec /usr/bin/tr '\\0' x </dev/zero >&2\n"));
        scene.Api.Containers.Register(ClusterScene.Space, ClusterScene.Pod, "redis", new FakeContainer { Environment = new Dictionary<string, string> { ["PATH"] = scene.Scratch["liar"] } });
        await using var run = scene.Start("backup", ClusterScene.Policy("{enabled: true, command: 'true', timeout: 5s}"));
        var most = 0L;
        await Eventually.True(() =>
        {
            most = Math.Max(most, PeakKilobytes(run.Id));
            return Task.FromResult(run.Ended.IsCompleted);
        }, "the end of the run");

        (await run.Ended).Exited(3);
        Assert.InRange(most, 1, 400 * 1024);
        foreach (var exec in scene.Api.Execs.Begun.Where(exec => exec.ProcessId > 0))
            Shell.Try("kill", "-9", $"{exec.ProcessId}");
    }

    static long PeakKilobytes(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    static JsonObject Annotation(string name, string value) =>
        new() { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [name] = value } } };

    static async Task<ClusterScene> Damaged()
    {
        var scene = await ClusterScene.Start();
        (await scene.Run("backup", ClusterScene.Policy())).Exited(0);
        scene.Scratch.File("data/dump.rdb", "damaged");
        return scene;
    }
}
