using BackupRunner.Webhook.Backups;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Tests.Webhook;

public sealed class RestoreAdmissionTests
{
    const string Id = "20261122t020000z-k3x7qa";

    const string Claims = """
        ---
        {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-redis-0}, spec: {accessModes: [ReadWriteOnce]}}
        ---
        {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-redis-1}, spec: {accessModes: [ReadWriteOnce]}}
        ---
        {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data-valkey-0}, spec: {accessModes: [ReadWriteOnce]}}
        """;

    [Theory]
    [InlineData("{workload: {name: redis}, latest: true, claim: data-redis-1}")]
    [InlineData("{workload: {name: redis}, before: '2026-11-22t02:00:00z', claim: data-redis-0, fromCluster: old}")]
    [InlineData("{backup: good}")]
    [InlineData("{backup: good, claim: data-redis-0, target: {workload: {name: redis}, claim: data-redis-0}}")]
    [InlineData("{backup: good, target: {claim: data-redis-1, allowOther: true}}")]
    [InlineData("{backup: half, claim: data-redis-0}")]
    // Whose workload may be gone by now.
    [InlineData("{workload: {name: gone}, claim: data-gone-0, id: 20261122t020000z-k3x7qa, target: {workload: {name: valkey}, allowOther: true}}")]
    public async Task Takes_what_is_all_there(string spec)
    {
        var scene = Cluster();
        var seen = await Ask(scene, spec);
        Assert.True(seen.IsAllowed, seen.Message);
        Assert.Equal($"patch statefulsets/scale default/{(spec.Contains("valkey", StringComparison.Ordinal) ? "valkey" : "redis")}", Assert.Single(scene.Asked));
    }

    [Theory]
    [InlineData("{workload: {name: none}, latest: true}", "spec.workload: there is no StatefulSet \"none\" in namespace \"default\"; make it first")]
    [InlineData("{workload: {kind: Deployment, name: redis}, latest: true}", "spec.workload: there is no Deployment \"redis\"")]
    [InlineData("{workload: {name: bare}, latest: true}", "spec.workload: StatefulSet \"bare\" has no annotation backup.middleware.io/policy")]
    [InlineData("{workload: {name: lost}, latest: true}", "spec.workload: BackupPolicy \"weekly\", which StatefulSet \"lost\" names, does not exist")]
    [InlineData("{workload: {name: redis}, latest: true}", "spec.claim: is missing; StatefulSet \"redis\" has several claims: \"data-redis-0\", \"data-redis-1\", \"data-redis-2\"")]
    [InlineData("{workload: {name: redis}, latest: true, claim: dat-redis-0}", "spec.claim: \"dat-redis-0\" is no claim of StatefulSet \"redis\" that is backed up; those are \"data-redis-0\"")]
    [InlineData("{workload: {name: redis}, latest: true, claim: data-redis-2}", "spec.claim: claim \"data-redis-2\" does not exist yet")]
    [InlineData("{workload: {name: redis}, latest: true, claim: data-redis-0, target: {claim: data-redis-1}}", "spec.target: claim \"data-redis-1\" of StatefulSet \"redis\" is not what the backup is of, claim \"data-redis-0\" of StatefulSet \"redis\"; to put its data there all the same, set allowOther: true")]
    [InlineData("{workload: {name: redis}, id: 20261122t020000z-k3x7qa, target: {claim: data-redis-1, allowOther: true}}", "spec.claim: is missing; it says which claim the backup is of")]
    [InlineData("{backup: good, target: {workload: {name: valkey}}}", "spec.target: claim \"data-valkey-0\" of StatefulSet \"valkey\" is not what the backup is of")]
    [InlineData("{backup: good, target: {workload: {name: none}, allowOther: true}}", "spec.target.workload: there is no StatefulSet \"none\"")]
    [InlineData("{backup: none}", "spec.backup: there is no Backup \"none\" in namespace \"default\"; \"kubectl get backups\" shows those that there are")]
    [InlineData("{backup: leaving}", "spec.backup: Backup \"leaving\" is being deleted; take another one")]
    [InlineData("{backup: pruned}", "spec.backup: the store does not hold Backup \"pruned\" any more; take another one")]
    [InlineData("{backup: failed}", "spec.backup: Backup \"failed\" of claim \"data-redis-0\" has failed, and there is nothing to restore")]
    [InlineData("{backup: running}", "spec.backup: Backup \"running\" of claim \"data-redis-0\" has not succeeded yet; wait for it: kubectl wait --for=condition=Succeeded backup/running")]
    [InlineData("{backup: fresh}", "spec.backup: Backup \"fresh\" has not made any backup yet; its phase is Pending")]
    [InlineData("{backup: half}", "spec.claim: is missing; Backup \"half\" has several claims: \"data-redis-0\", \"data-redis-1\"")]
    [InlineData("{backup: half, claim: data-redis-1}", "spec.backup: Backup \"half\" of claim \"data-redis-1\" has failed")]
    [InlineData("{backup: good, claim: data-redis-1}", "spec.claim: Backup \"good\" is not of claim \"data-redis-1\"; it is of \"data-redis-0\"")]
    [InlineData("{backup: foreign}", "spec.backup: there is no StatefulSet \"gone\"")]
    public async Task Refuses_what_is_not_and_says_what_to_do(string spec, string says)
    {
        var scene = Cluster();
        var seen = await Ask(scene, spec);
        Assert.Equal(422, seen.Code);
        Assert.StartsWith(says, Assert.Single(seen.Lines), StringComparison.Ordinal);
        Assert.Empty(scene.Asked);
    }

    [Fact]
    public async Task A_workload_that_deletes_its_claims_when_it_stops_is_refused()
    {
        var scene = new Scene(new ListedCluster().With(Scene.Redis + "\n  persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}").With(Scene.Nightly).With(Claims));
        Assert.Contains("whenScaled: Delete", (await Ask(scene, "{workload: {name: redis}, latest: true, claim: data-redis-0}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_stop_the_workload_may_not_restore_it()
    {
        var scene = Cluster();
        scene.IsAllowed = (_, _) => Task.FromResult(false);
        var seen = await Ask(scene, "{backup: good}");
        Assert.Equal((403, "user \"jane\" may not patch statefulsets/scale \"redis\" in namespace \"default\", which a restore does to stop it"), (seen.Code, seen.Message));
    }

    [Theory]
    [InlineData("Restore")]
    [InlineData("Backup")]
    public async Task An_object_that_brings_a_status_is_refused_before_that_is_dropped(string kind)
    {
        var item = Scene.Object($"{{apiVersion: backup.middleware.io/v1, kind: {kind}, metadata: {{name: x, namespace: default}}, spec: {{}}, status: {{phase: Succeeded}}}}");
        var seen = await Cluster().Ask("mutate", item);
        Assert.Equal(422, seen.Code);
        Assert.StartsWith("status: is written by backup-webhook only; leave it out", seen.Message, StringComparison.Ordinal);
        item.Remove("status");
        Assert.True((await Cluster().Ask("mutate", item)).IsAllowed);
    }

    static Task<Seen> Ask(Scene scene, string spec) =>
        scene.Ask("validate", Scene.Object($"{{apiVersion: backup.middleware.io/v1, kind: Restore, metadata: {{name: r, namespace: default}}, spec: {spec}}}"));

    static Scene Cluster() => new(new ListedCluster().With(Scene.Redis.Replace("replicas: 1", "replicas: 3", StringComparison.Ordinal)).With(Scene.Redis.Replace("redis", "valkey", StringComparison.Ordinal))
        .With(Scene.Redis.Replace("name: redis", "name: bare", StringComparison.Ordinal).Replace(", annotations: {backup.middleware.io/policy: nightly}", "", StringComparison.Ordinal))
        .With(Scene.Redis.Replace("name: redis", "name: lost", StringComparison.Ordinal).Replace("policy: nightly", "policy: weekly", StringComparison.Ordinal))
        .With(Scene.Nightly).With(Claims))
    {
        Backups = (space, name) => space == "default" && Backups.TryGetValue(name, out var backup) ? backup : null,
    };

    static readonly Dictionary<string, BackupObject> Backups = new()
    {
        ["good"] = Of("good", BackupPhase.Succeeded, Claim("data-redis-0")),
        ["leaving"] = Of("leaving", BackupPhase.Succeeded, Claim("data-redis-0")) with { IsBeingDeleted = true },
        ["pruned"] = Of("pruned", BackupPhase.Succeeded, Claim("data-redis-0") with { IsGone = true }),
        ["failed"] = Of("failed", BackupPhase.Failed, Claim("data-redis-0", BackupPhase.Failed)),
        ["running"] = Of("running", BackupPhase.Running, Claim("data-redis-0", BackupPhase.Running)),
        ["fresh"] = Of("fresh", BackupPhase.Pending),
        ["half"] = Of("half", BackupPhase.Failed, Claim("data-redis-0"), Claim("data-redis-1", BackupPhase.Failed)),
        ["foreign"] = Of("foreign", BackupPhase.Succeeded, Claim("data-gone-0")) with { Workload = new("statefulset", "default", "gone") },
    };

    static BackupObject Of(string name, BackupPhase phase, params ClaimBackup[] claims) => new(
        "default", name, name + "-uid", 1, "1", DateTimeOffset.UnixEpoch, false, new WorkloadId("statefulset", "default", "redis"), null, null, BackupStatus.None with { Phase = phase, Claims = claims });

    static ClaimBackup Claim(string name, BackupPhase phase = BackupPhase.Succeeded) => new() { Claim = name, Phase = phase, Id = phase == BackupPhase.Succeeded ? Id : null };
}
