using BackupRunner.Names;

namespace BackupRunner.Tests.Cluster;

/// <summary>Backups and restores of a Deployment: pods whose names nobody knows before, and a ReplicaSet between.</summary>
public sealed class ClusterDeploymentTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_consistency_command_runs_in_a_pod_of_its_replica_set_and_in_no_other_of_its_labels()
    {
        await using var site = await DeploymentSite.Start();
        await site.MakePod("another", "StatefulSet", "redis");

        (await site.Run("backup", ClusterScene.Policy($"{{enabled: true, command: '{site.Scene.Note("{{ Workload.pod }}.{{ Workload.container }}")}'}}"))).Exited(0);

        Assert.Equal(["web-7c9b6f5d8-1.server"], site.Scene.Ran);
        Assert.All(site.Scene.Api.Execs.Begun, exec => Assert.Equal("web-7c9b6f5d8-1", exec.Pod));
        Assert.Equal("completed", site.Scene.Manifest.GetProperty("consistency").GetProperty("result").GetString());
        Assert.Equal("done", ClusterScene.Note(await site.Scene.Lease(DeploymentSite.ClaimLease), LeaseNotes.Phase));
        AssertAllowed(site);
    }

    [Fact]
    public async Task A_restore_scales_it_to_zero_and_back_and_asks_a_pod_of_another_name_for_its_health()
    {
        await using var site = await DeploymentSite.Start();
        (await site.Run("backup", ClusterScene.Policy())).Exited(0);
        site.Scene.Scratch.File("data/dump.rdb", "damaged");

        (await site.Run("restore", ClusterScene.Policy(restore: $"{{healthCommand: '{site.Scene.Note("healthy")}'}}"), "--latest")).Exited(0);

        Assert.Equal("the data", await File.ReadAllTextAsync(Path.Combine(site.Scene.Data, "dump.rdb"), Cancel));
        Assert.Equal([1, 0, 1], site.Seen);
        Assert.Equal(["healthy"], site.Scene.Ran);
        Assert.All(site.Scene.Api.Execs.Begun, exec => Assert.Equal("web-7c9b6f5d8-2", exec.Pod));
        foreach (var name in (string[])[DeploymentSite.ClaimLease, DeploymentSite.RestoreLease])
            Assert.Null((await site.Scene.Lease(name)).Spec?.HolderIdentity);
        Assert.Null(ClusterScene.Note(await site.Scene.Lease(DeploymentSite.RestoreLease), LeaseNotes.Replicas));
        AssertAllowed(site);
    }

    static void AssertAllowed(DeploymentSite site)
    {
        var calls = site.Scene.Api.Log.Where(entry => entry.User.Contains("web-runner", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(calls);
        Assert.DoesNotContain(calls, entry => entry.Status is 401 or 403);
    }
}
