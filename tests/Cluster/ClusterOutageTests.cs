using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.EndToEnd;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Cluster;

/// <summary>What goes on around a backup while it reads the volume: other runs, the pod, the Lease, the API server, tokens, clocks.</summary>
public sealed class ClusterOutageTests : IDisposable
{
    readonly ArchiveGate gate = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => gate.Dispose();

    [Fact]
    public async Task The_upload_goes_on_while_the_api_server_is_away_and_the_lease_is_renewed_after()
    {
        await using var scene = await Scene();
        await using var run = scene.Start("backup", ClusterScene.Policy());
        await gate.Reached(run);
        var before = await scene.Lease();

        await scene.Api.Stop();
        gate.Open();
        await Eventually.True(() => Task.FromResult(scene.Backups.Count == 1), "the manifest, without an API server");
        await scene.Api.Listen(Cancel);

        (await run.Ended).Exited(0);
        Assert.Single(scene.Backups);
        var after = await scene.Lease();
        Assert.NotEqual(before.Metadata.ResourceVersion, after.Metadata.ResourceVersion);
        Assert.Null(after.Spec?.HolderIdentity);
    }

    [Fact]
    public async Task A_second_run_ends_with_7_as_soon_as_the_first_is_seen_to_live()
    {
        await using var scene = await Scene();
        await using var first = scene.Start("backup", ClusterScene.Policy());
        await gate.Reached(first);

        var second = (await scene.Run("backup", ClusterScene.Policy())).Exited(7);
        gate.Open();

        (await first.Ended).Exited(0);
        Assert.Contains("another run holds lease \"backup-redis-data-redis-0\": backup-redis-xyz_", second.Error, StringComparison.Ordinal);
        Assert.Contains("--lease-wait", second.Error, StringComparison.Ordinal);
        Assert.Single(scene.Backups);
    }

    [Fact]
    public async Task A_second_run_waits_when_it_is_told_to()
    {
        await using var scene = await Scene();
        await using var first = scene.Start("backup", ClusterScene.Policy());
        await gate.Reached(first);
        await using var second = scene.Start("backup", ClusterScene.Policy(), "--lease-wait", "10m");
        gate.Open();
        (await first.Ended).Exited(0);

        await gate.Reached(second);
        gate.Open();

        (await second.Ended).Exited(0);
        Assert.Equal(2, scene.Backups.Count);
    }

    [Theory]
    [InlineData("prune")]
    [InlineData("restore")]
    public async Task Prune_and_restore_wait_for_a_backup_too(string verb)
    {
        await using var scene = await Scene();
        await using var first = scene.Start("backup", ClusterScene.Policy());
        await gate.Reached(first);

        (await scene.Run(verb, ClusterScene.Policy(), verb == "restore" ? ["--latest"] : [])).Exited(7);
        gate.Open();

        (await first.Ended).Exited(0);
    }

    [Fact]
    public async Task A_lease_that_is_deleted_ends_the_run_before_there_is_a_backup()
    {
        await using var scene = await Scene();
        await using var run = scene.Start("backup", ClusterScene.Policy());
        await gate.Reached(run);

        await scene.Admin.Delete(KubeResources.Leases, ClusterScene.Space, ClusterScene.ClaimLease, new(), Cancel);

        var ended = (await run.Ended).Exited(7);
        Assert.Contains("lease \"backup-redis-data-redis-0\" is lost", ended.Error, StringComparison.Ordinal);
        Assert.Empty(scene.Stored);
    }

    [Fact]
    public async Task A_lease_that_another_takes_ends_the_run_before_there_is_a_backup()
    {
        await using var scene = await Scene();
        await using var run = scene.Start("backup", ClusterScene.Policy());
        await gate.Reached(run);

        await scene.HoldLease("another-pod_1234");

        (await run.Ended).Exited(7);
        Assert.Equal("another-pod_1234", (await scene.Lease()).Spec?.HolderIdentity);
        Assert.Empty(scene.Stored);
    }

    [Fact]
    public async Task Without_its_lease_nothing_is_backed_up()
    {
        await using var scene = await Scene();
        await scene.Admin.Delete(KubeResources.Leases, ClusterScene.Space, ClusterScene.ClaimLease, new(), Cancel);

        var run = (await scene.Run("backup", ClusterScene.Policy())).Exited(2);

        Assert.Contains("there is no lease \"backup-redis-data-redis-0\"", run.Error, StringComparison.Ordinal);
        Assert.Empty(scene.Stored);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_clock_that_is_an_hour_off_neither_steals_a_lease_nor_waits_for_ever(int hours)
    {
        await using var scene = await Scene();
        await using var first = scene.Start("backup", ClusterScene.Policy());
        await gate.Reached(first);
        var off = new ShiftedClock(TimeSpan.FromHours(hours));

        var second = await (scene.Runner with { Clock = off }).InProcess(scene.Arguments("backup", ClusterScene.Policy(), "backup-redis"));
        gate.Open();

        second.Exited(7);
        (await first.Ended).Exited(0);
    }

    [Fact]
    public async Task Writers_of_annotations_do_not_disturb_the_run()
    {
        await using var scene = await Scene();
        using var storm = scene.Api.Faults.Add(
            request => request.Method == "PUT" && request.Path.Value!.EndsWith("/leases/" + ClusterScene.ClaimLease, StringComparison.Ordinal),
            new FakeFault.First(() => scene.Admin.MergePatch(KubeResources.Leases, ClusterScene.Space, ClusterScene.ClaimLease,
                new() { ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["annotations"] = new System.Text.Json.Nodes.JsonObject { ["touched"] = Guid.NewGuid().ToString() } } }, Cancel)),
            times: 4);
        await using var run = scene.Start("backup", ClusterScene.Policy());
        await gate.Reached(run);
        gate.Open();

        (await run.Ended).Exited(0);
        Assert.NotNull(ClusterScene.Note(await scene.Lease(), "touched"));
    }

    [Fact]
    public async Task A_pod_that_is_deleted_is_made_way_for()
    {
        await using var scene = await Scene();
        await using var run = scene.Start("backup", ClusterScene.Policy($"{{enabled: true, command: '{scene.Note("saved")}'}}"));
        await gate.Reached(run);

        await scene.Admin.Delete(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, new(), Cancel);
        await scene.MakePod("redis", ready: true);

        var ended = (await run.Ended).Exited(143);
        Assert.Contains("makes way", ended.Error, StringComparison.Ordinal);
        Assert.Empty(scene.Stored);
        Assert.Null((await scene.Lease()).Spec?.HolderIdentity);
    }

    [Fact]
    public async Task A_token_that_is_rotated_is_read_again()
    {
        await using var scene = await Scene();
        await using var run = scene.Start("backup", ClusterScene.Policy());
        await gate.Reached(run);

        scene.RotateToken("backup-redis");
        gate.Open();

        (await run.Ended).Exited(0);
        Assert.Null((await scene.Lease()).Spec?.HolderIdentity);
        Assert.Equal("done", ClusterScene.Note(await scene.Lease(), LeaseNotes.Phase));
    }

    async Task<ClusterScene> Scene()
    {
        var scene = await ClusterScene.Start();
        scene.Variables["PATH"] = gate.Path;
        return scene;
    }
}
