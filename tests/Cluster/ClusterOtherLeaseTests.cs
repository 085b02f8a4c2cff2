using BackupRunner.Names;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Cluster;

/// <summary>A restore stops all replicas, so it keeps the backups of their claims away too: <c>--lease</c>.</summary>
public sealed class ClusterOtherLeaseTests
{
    const string OtherLease = "backup-redis-data-redis-1";

    [Fact]
    public async Task A_restore_holds_the_lease_that_it_is_told_of_and_keeps_that_claims_backup_out()
    {
        await using var site = await RestoreSite.Start();
        await OtherClaim(site.Scene);
        var answer = new TaskCompletionSource();
        var reached = site.HoldNext(RestoreSite.IsScale, answer.Task);
        await using var run = site.Restore("--latest", "--lease", OtherLease);
        Assert.Same(reached, await Task.WhenAny(reached, run.Ended));

        var holder = (await site.Scene.Lease(OtherLease)).Spec?.HolderIdentity;
        var refused = (await BackupOfTheOther(site.Scene)).Exited(7);
        answer.SetResult();

        (await run.Ended).Exited(0);
        Assert.StartsWith("backup-redis-xyz_", holder, StringComparison.Ordinal);
        Assert.Contains($"another run holds lease \"{OtherLease}\": {holder}", refused.Error, StringComparison.Ordinal);
        Assert.True((await site.Scene.Lease(OtherLease)).Spec?.HolderIdentity is null or "");
        (await BackupOfTheOther(site.Scene)).Exited(0);
        await site.AssertSettled("after", site.NewData);
    }

    [Fact]
    public async Task A_restore_that_is_told_of_a_lease_that_is_not_there_stops_nothing()
    {
        await using var site = await RestoreSite.Start();
        await OtherClaim(site.Scene, withLease: false);

        var run = (await site.RestoreHere("--latest", "--lease", OtherLease)).Exited(2);

        Assert.Contains($"there is no lease \"{OtherLease}\"", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(0, site.Controller.Seen);
        Assert.Null(await site.Note(LeaseNotes.Replicas));
        await site.AssertSettled("after", site.OldData);
    }

    [Fact]
    public async Task A_backup_that_is_running_keeps_the_restore_of_another_replica_out()
    {
        await using var site = await RestoreSite.Start();
        await OtherClaim(site.Scene);
        await site.Scene.HoldLease("another-pod_1234", OtherLease);
        using var renewing = new CancellationTokenSource();
        var alive = Renew(site.Scene, renewing.Token);

        var run = (await site.RestoreHere("--latest", "--lease", OtherLease)).Exited(7);
        await renewing.CancelAsync();
        await alive;

        Assert.Contains($"another run holds lease \"{OtherLease}\": another-pod_1234", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(0, site.Controller.Seen);
        await site.AssertSettled("after", site.OldData);
    }

    static async Task Renew(ClusterScene scene, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await scene.HoldLease("another-pod_1234", OtherLease);
            await Task.Delay(TimeSpan.FromSeconds(1), stop).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    static Task<RunnerResult> BackupOfTheOther(ClusterScene scene) => scene.Runner.InProcess(
        [.. scene.Arguments("backup", ClusterScene.Policy(), "backup-redis").Select(word => word == "data-redis-0" ? "data-redis-1" : word)]);

    static async Task OtherClaim(ClusterScene scene, bool withLease = true)
    {
        foreach (var item in Yaml.Documents($$"""
            {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: more}, rules: [{apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [{{OtherLease}}], verbs: [get, update]}]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: more}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: more}
            subjects: [{kind: ServiceAccount, name: backup-redis, namespace: default}, {kind: ServiceAccount, name: restore-redis, namespace: default}]
            """))
        {
            await scene.Create(item);
        }
        if (withLease)
            await scene.Create(Yaml.Documents($"{{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {{name: {OtherLease}}}, spec: {{}}}}")[0]);
    }
}
