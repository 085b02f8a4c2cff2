using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.EndToEnd;
using BackupRunner.Tests.Support;
using BackupRunner.Tests.Webhook;

namespace BackupRunner.Tests.Cluster;

/// <summary>Two claims of one pod, whose backups freeze the same database: <c>--lease</c> of a backup.</summary>
public sealed class ClusterPodNeighbourTests : IDisposable
{
    const string OtherClaim = "logs-redis-0";
    const string OtherLease = "backup-redis-logs-redis-0";

    readonly ArchiveGate gate = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => gate.Dispose();

    [Fact]
    public async Task The_second_backup_waits_until_the_first_has_thawed()
    {
        await using var scene = await Scene();
        await using var first = scene.Start("backup", Policy(scene), "--lease", OtherLease, "--lease-wait", "10m");
        await gate.Reached(first);
        await using var second = StartOther(scene, "--lease", ClusterScene.ClaimLease, "--lease-wait", "10m");
        await second.Said($"waits up to 10m for lease \"{ClusterScene.ClaimLease}\"");
        Assert.Equal(["freeze"], scene.Ran);

        gate.Open();
        (await first.Ended).Exited(0);
        await gate.Reached(second);

        Assert.Equal(["freeze", "thaw", "freeze"], scene.Ran);
        // What is noted is noted on the own claim's Lease alone.
        var (own, held) = (await scene.Lease(OtherLease), await scene.Lease());
        Assert.NotNull(ClusterScene.Note(own, LeaseNotes.Frozen));
        Assert.Null(ClusterScene.Note(held, LeaseNotes.Frozen));
        Assert.Equal(own.Spec?.HolderIdentity, held.Spec?.HolderIdentity);
        Assert.Equal("done", ClusterScene.Note(held, LeaseNotes.Phase));
        gate.Open();
        (await second.Ended).Exited(0);
        Assert.Equal(["freeze", "thaw", "freeze", "thaw"], scene.Ran);
        Assert.Equal(2, scene.Backups.Count);
        Assert.True((await scene.Lease()).Spec?.HolderIdentity is null or "");
    }

    [Theory]
    [InlineData("backup")]
    [InlineData("check")]
    public async Task The_leases_are_taken_in_the_order_of_their_names(string verb)
    {
        await using var scene = await Scene();
        scene.Scratch.Folder("store");
        await Allow(scene, "backup-redis-aaa-redis-0");
        scene.Variables.Remove("PATH");

        (await scene.Run(verb, ClusterScene.Policy(), "--lease", OtherLease, "--lease", "backup-redis-aaa-redis-0")).Exited(0);

        var taken = scene.Api.Log.Where(call => call is { Method: "PUT", Resource: "leases" } && call.User.EndsWith(":backup-redis", StringComparison.Ordinal)).Select(call => call.Name).Distinct();
        Assert.Equal(["backup-redis-aaa-redis-0", ClusterScene.ClaimLease, OtherLease], taken);
    }

    [Fact]
    public async Task A_backup_that_waits_makes_way_for_the_pod()
    {
        await using var scene = await Scene();
        await using var other = new LeaseLock(scene.Admin, ClusterScene.Space, OtherLease, "another-pod_1234", LeaseTiming.Default, TimeProvider.System);
        Assert.NotNull(await other.Acquire(TimeSpan.Zero, Cancel));
        await using var waiting = scene.Start("backup", Policy(scene), "--lease", OtherLease, "--lease-wait", "10m");
        await waiting.Said("waits up to 10m for lease");

        await scene.Admin.Delete(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, new() { GracePeriodSeconds = 0 }, Cancel);

        Assert.Contains("makes way", (await waiting.Ended).Exited(143).Error, StringComparison.Ordinal);
        Assert.True((await scene.Lease()).Spec?.HolderIdentity is null or "");
        // The pod is gone, as during a restore: nothing is waited for.
        (await scene.Run("backup", Policy(scene), "--lease", OtherLease, "--lease-wait", "10m")).Exited(7);
    }

    [Fact]
    public async Task What_a_killed_backup_of_the_other_claim_left_frozen_is_not_backed_up_before_it_is_thawed()
    {
        await using var scene = await Scene();
        scene.Variables.Remove("PATH");
        var pod = await scene.Admin.Get(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, Cancel);
        await scene.HoldLease(null, OtherLease, frozen: Tended.Mark(pod!));

        var run = (await scene.Run("backup", Policy(scene), "--lease", OtherLease)).Exited(3);

        Assert.Contains($"annotation {LeaseNotes.Frozen} of lease {OtherLease}", run.Error, StringComparison.Ordinal);
        Assert.Empty(scene.Ran);
        Assert.Empty(scene.Stored);
        await new Tended(scene, Policy(scene)).Look(OtherLease);
        Assert.Equal(["thaw"], scene.Ran);
        (await scene.Run("backup", Policy(scene), "--lease", OtherLease)).Exited(0);
        Assert.Equal(["thaw", "freeze", "thaw"], scene.Ran);
    }

    static RunningRunner StartOther(ClusterScene scene, params string[] more) =>
        scene.Runner.Start([.. scene.Arguments("backup", Policy(scene), "backup-redis", more).Select(word => word == "data-redis-0" ? OtherClaim : word)]);

    async Task<ClusterScene> Scene()
    {
        var scene = await ClusterScene.Start();
        await scene.Admin.Delete(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, new() { GracePeriodSeconds = 0 }, Cancel);
        await scene.MakePod("redis", ready: true, other: OtherClaim);
        await Allow(scene, OtherLease);
        scene.Variables["PATH"] = gate.Path;
        return scene;
    }

    static async Task Allow(ClusterScene scene, string lease)
    {
        foreach (var item in Yaml.Documents($$"""
            {apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: {{lease}} }, spec: {} }
            ---
            {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: {{lease}} }, rules: [{apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [{{lease}}], verbs: [get, update]}]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: {{lease}} }
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{lease}} }
            subjects: [{kind: ServiceAccount, name: backup-redis, namespace: default}]
            """))
        {
            await scene.Create(item);
        }
    }

    static string Policy(ClusterScene scene) =>
        ClusterScene.Policy($"{{enabled: true, command: 'true', freeze: {{command: '{scene.Note("freeze")}', thaw: '{scene.Note("thaw")}'}}}}");
}
