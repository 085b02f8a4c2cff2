using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.Cluster;
using BackupRunner.Tests.EndToEnd;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Recovery;

namespace BackupRunner.Tests.Webhook;

/// <summary>What killed restores left stopped, and what the webhook does about it.</summary>
public sealed class ResumeTests
{
    static readonly TimeSpan Expired = TimeSpan.FromSeconds(75);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restore_that_was_killed_while_the_workload_was_stopped_gets_one_job_that_finishes_it()
    {
        await using var site = await RestoreSite.Start();
        using var gate = new ArchiveGate();
        site.Scene.Variables["PATH"] = gate.Path;
        var webhook = new Tended(site.Scene, site.Policy);
        await using (var killed = site.Restore("--latest"))
        {
            await gate.Reached(killed);
            Assert.NotNull((await Look(webhook)).Again);
            killed.Signal("KILL");
            await killed.Ended;
        }
        Assert.Equal(0, await site.Replicas());
        Assert.Empty(await Tended.Jobs(site.Scene));

        await webhook.LookFor(Expired, ClusterScene.RestoreLease);
        await new Tended(site.Scene, site.Policy, "backup-webhook-b").LookFor(Expired, ClusterScene.RestoreLease);

        var job = Assert.Single(await Tended.Jobs(site.Scene));
        var arguments = JsonSerializer.SerializeToNode(job.Unknown!["spec"])!["template"]!["spec"]!["containers"]![0]!["args"]!.AsArray().Select(word => (string)word!).ToArray();
        Assert.Equal("restore", arguments[0]);
        Assert.Contains("--resume", arguments);
        Assert.Contains("--claim=data-redis-0", arguments);
        Assert.Single(await webhook.Events("RestoreResumed"));

        site.Scene.Variables.Remove("PATH");
        await site.FreeLeases();
        (await site.RestoreHere("--resume")).Exited(0);
        await Tended.End(site.Scene, job, "Complete");
        await site.AssertSettled("resumed by a job", site.OldData);
        Assert.NotNull(await site.Note(LeaseNotes.Resumes));
        Assert.Equal(RecoveryOutcome.Done, await Look(webhook));
        Assert.Null(await site.Note(LeaseNotes.Resumes));
        Assert.Single(await Tended.Jobs(site.Scene));
    }

    [Fact]
    public async Task Jobs_that_do_not_finish_it_come_to_an_end()
    {
        await using var scene = await Stopped();
        var webhook = new Tended(scene, ClusterScene.Policy());
        var names = new HashSet<string>();
        for (var made = 1; made <= ResumeDecision.MostJobs; made++)
        {
            await Eventually.True(async () =>
            {
                await webhook.LookFor(TimeSpan.FromMinutes(20), ClusterScene.RestoreLease);
                return (await Tended.Jobs(scene)).Count == made;
            }, $"job {made}");
            var job = (await Tended.Jobs(scene)).Single(one => names.Add(one.Metadata.Name));
            await Tended.End(scene, job, "Failed");
        }

        var outcome = await webhook.LookFor(TimeSpan.FromHours(3), ClusterScene.RestoreLease);

        Assert.Equal(ResumeDecision.MostJobs, (await Tended.Jobs(scene)).Count);
        Assert.Contains("have not finished it", outcome.Problem, StringComparison.Ordinal);
        var said = await webhook.Events("RestoreNotResumed");
        Assert.Single(said, one => one.Message!.Contains("have not finished it", StringComparison.Ordinal));
        // And of a Job whose pod never came: somebody has to look.
        Assert.All(said, one => Assert.Matches("have not finished it|has not begun to finish it for 10 minutes", one.Message));
    }

    [Fact]
    public async Task A_replica_that_died_before_it_noted_its_job_makes_no_second()
    {
        await using var scene = await Stopped();
        await Look(new Tended(scene, ClusterScene.Policy()));
        await Annotate(scene, LeaseNotes.Resumes, null);
        await Tended.End(scene, Assert.Single(await Tended.Jobs(scene)), "Failed");

        await Look(new Tended(scene, ClusterScene.Policy(), "backup-webhook-b"));

        Assert.Single(await Tended.Jobs(scene));
        Assert.Equal("1", ClusterScene.Note(await scene.Lease(ClusterScene.RestoreLease), LeaseNotes.Resumes));
    }

    [Fact]
    public async Task A_restore_by_script_is_not_resumed_but_told()
    {
        await using var scene = await Stopped();
        await Annotate(scene, LeaseNotes.Script, "20261122t020000z-abcdef");
        var webhook = new Tended(scene, ClusterScene.Policy());

        var outcome = await Look(webhook);

        Assert.Contains("restore a backup into claim \"data-redis-0\" again", outcome.Problem, StringComparison.Ordinal);
        Assert.Empty(await Tended.Jobs(scene));
        Assert.Equal("redis", Assert.Single(await webhook.Events("RestoreNotResumed")).InvolvedObject?.Name);
    }

    [Fact]
    public async Task Without_a_policy_a_person_is_told()
    {
        await using var scene = await Stopped();
        var webhook = new Tended(scene, ClusterScene.Policy()) { Policy = null };

        Assert.Contains("annotate the workload again", (await Look(webhook)).Problem, StringComparison.Ordinal);

        Assert.Empty(await Tended.Jobs(scene));
        webhook.Policy = ClusterScene.Policy();
        await webhook.LookFor(TimeSpan.FromMinutes(1), ClusterScene.RestoreLease);
        Assert.Single(await Tended.Jobs(scene));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task A_restore_job_that_may_still_run_is_waited_for(bool isSuspended, int jobs)
    {
        await using var scene = await Stopped();
        var item = Yaml.DocumentsIn(Repository.PathOf("manifests/examples/redis/restore-job.yaml")).Single();
        if (isSuspended)
            item["spec"]!["suspend"] = true;
        await scene.Create(item);
        var webhook = new Tended(scene, ClusterScene.Policy());

        var outcome = await Look(webhook);

        Assert.NotNull(outcome.Again);
        Assert.Equal(jobs, (await Tended.Jobs(scene)).Count);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(5, true)]
    [InlineData(50, false)]
    public async Task A_workload_that_somebody_has_started_since_is_not_stopped_and_one_that_the_restore_has_just_started_is_finished(int? minutesAgo, bool isResumed)
    {
        await using var scene = await Stopped();
        var webhook = new Tended(scene, ClusterScene.Policy()) { Policy = null };
        await Look(webhook);
        await Scale(scene, 3);
        if (minutesAgo is { } minutes)
            await Annotate(scene, LeaseNotes.Started, webhook.Clock.GetUtcNow().AddMinutes(-minutes).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null));
        webhook.Policy = ClusterScene.Policy();

        var outcome = await Look(webhook);

        Assert.Equal(isResumed ? 1 : 0, (await Tended.Jobs(scene)).Count);
        if (isResumed)
            return;
        Assert.Contains("somebody has started the workload since", outcome.Problem, StringComparison.Ordinal);
        Assert.Contains(await webhook.Events("RestoreNotResumed"), one => one.Message == outcome.Problem);
        // Stopped again it is the restore's.
        await Scale(scene, 0);
        await webhook.LookFor(TimeSpan.FromMinutes(1), ClusterScene.RestoreLease);
        Assert.Single(await Tended.Jobs(scene));
    }

    [Theory]
    [InlineData("running: {}", 1)]
    [InlineData("terminated: {exitCode: 137}", 2)]
    public async Task A_restore_job_that_only_a_proxy_keeps_alive_is_not_waited_for(string runner, int jobs)
    {
        await using var scene = await Stopped();
        var job = await scene.Create(Yaml.DocumentsIn(Repository.PathOf("manifests/examples/redis/restore-job.yaml")).Single());
        await scene.Create(Yaml.Documents($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: restore-redis-abc, labels: {batch.kubernetes.io/controller-uid: "{{job.Metadata.Uid}}"} }
            spec: {containers: [{name: runner, image: a}, {name: proxy, image: b}], restartPolicy: Never}
            """).Single());
        var status = Yaml.Documents($$"""
            status: {phase: Running, containerStatuses: [{name: runner, ready: false, restartCount: 0, state: { {{runner}} } }, {name: proxy, ready: true, restartCount: 0, state: {running: {} } }]}
            """).Single();
        await scene.Admin.MergePatch(KubeResources.Pods.OfStatus(), ClusterScene.Space, "restore-redis-abc", status, Cancel);

        await Look(new Tended(scene, ClusterScene.Policy()));

        Assert.Equal(jobs, (await Tended.Jobs(scene)).Count);
    }

    [Fact]
    public async Task A_lease_that_asks_for_nothing_costs_no_call()
    {
        await using var scene = await ClusterScene.Start();
        await scene.HoldLease("a-dead-run", renewedAgo: TimeSpan.FromHours(1));
        var webhook = new Tended(scene, ClusterScene.Policy());
        await Look(webhook);
        var before = scene.Api.Log.Count;

        Assert.Equal(RecoveryOutcome.Done, await webhook.Look());

        // The two looks of the test itself, at the workload and at the Lease.
        Assert.Equal(before + 2, scene.Api.Log.Count);
    }

    static Task<RecoveryOutcome> Look(Tended webhook) => webhook.Look(ClusterScene.RestoreLease);

    /// <summary>As a restore leaves it that could neither finish nor start the workload.</summary>
    static async Task<ClusterScene> Stopped()
    {
        var scene = await ClusterScene.Start();
        await Scale(scene, 0);
        await Annotate(scene, LeaseNotes.Replicas, "1");
        await Annotate(scene, LeaseNotes.Claim, "data-redis-0");
        return scene;
    }

    static Task Scale(ClusterScene scene, int replicas) => scene.Admin.MergePatch(
        KubeResources.StatefulSets.OfScale(), ClusterScene.Space, "redis", new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } }, Cancel);

    static Task Annotate(ClusterScene scene, string key, string? value) => scene.Admin.MergePatch(KubeResources.Leases, ClusterScene.Space, ClusterScene.RestoreLease,
        new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [key] = value } } }, Cancel);
}
