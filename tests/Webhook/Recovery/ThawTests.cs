using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.Cluster;
using BackupRunner.Tests.EndToEnd;
using BackupRunner.Tests.Kube.Fake;

namespace BackupRunner.Tests.Webhook;

/// <summary>What killed runs left frozen, and what the webhook does about it.</summary>
public sealed class ThawTests
{
    static readonly TimeSpan Expiry = TimeSpan.FromSeconds(60);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Thaws_what_a_killed_backup_left_frozen_once_its_lease_has_expired()
    {
        using var gate = new ArchiveGate();
        await using var scene = await ClusterScene.Start();
        scene.Variables["PATH"] = gate.Path;
        var webhook = new Tended(scene, Policy(scene));
        await using (var killed = scene.Start("backup", webhook.Policy!))
        {
            await gate.Reached(killed);
            Assert.NotNull((await webhook.Look()).Again);
            killed.Signal("KILL");
            await killed.Ended;
        }
        await webhook.LookFor(Expiry - TimeSpan.FromSeconds(15));
        Assert.Equal(["freeze"], scene.Ran);

        var outcome = await webhook.LookFor(Expiry);

        Assert.Equal((null, null), (outcome.Again, outcome.Problem));
        Assert.Equal(["freeze", "thaw"], scene.Ran);
        await AssertSettled(scene);
        var told = Assert.Single(await webhook.Events("ThawedAfterKill"));
        Assert.Equal(("Warning", "StatefulSet", "redis"), (told.Type, told.InvolvedObject?.Kind, told.InvolvedObject?.Name));
        var calls = scene.Api.Log.Count(entry => entry.Method != "GET");
        await webhook.Look();
        Assert.Equal(calls, scene.Api.Log.Count(entry => entry.Method != "GET"));
    }

    [Fact]
    public async Task Leaves_a_holder_alone_that_renews()
    {
        await using var scene = await ClusterScene.Start();
        var webhook = new Tended(scene, Policy(scene));
        await scene.HoldLease("a-run", frozen: Tended.Mark(await Pod(scene)));

        for (var renewal = 0; renewal < 5; renewal++)
        {
            await webhook.LookFor(TimeSpan.FromSeconds(40));
            await scene.HoldLease("a-run", renewedAgo: TimeSpan.FromSeconds(renewal));
        }

        Assert.Empty(scene.Ran);
        Assert.Equal("a-run", (await scene.Lease()).Spec?.HolderIdentity);
    }

    [Fact]
    public async Task Takes_nobody_for_dead_whom_it_did_not_see_for_a_while()
    {
        await using var scene = await ClusterScene.Start();
        var webhook = new Tended(scene, Policy(scene));
        await scene.HoldLease("a-run", renewedAgo: TimeSpan.FromHours(2), frozen: Tended.Mark(await Pod(scene)));

        await webhook.Look();
        webhook.Clock.Advance(TimeSpan.FromMinutes(10));
        await webhook.Look();

        Assert.Empty(scene.Ran);
        Assert.Equal("a-run", (await scene.Lease()).Spec?.HolderIdentity);
    }

    [Fact]
    public async Task Leaves_it_to_a_run_that_takes_the_lease_in_the_same_moment()
    {
        await using var scene = await ClusterScene.Start();
        var webhook = new Tended(scene, Policy(scene));
        await scene.HoldLease(null, frozen: Tended.Mark(await Pod(scene)));
        var (reached, through) = (new TaskCompletionSource(), new TaskCompletionSource());
        scene.Api.Faults.Add(
            request =>
            {
                if (request.Method != "PUT" || !request.Path.Value!.Contains("/leases/", StringComparison.Ordinal))
                    return false;
                reached.TrySetResult();
                return true;
            },
            new FakeFault.Hold(through.Task), times: 1);

        var looking = webhook.Look();
        await reached.Task;
        await scene.HoldLease("a-run");
        through.SetResult();
        var outcome = await looking;

        Assert.NotNull(outcome.Again);
        Assert.Empty(scene.Ran);
        Assert.Equal("a-run", (await scene.Lease()).Spec?.HolderIdentity);
    }

    [Fact]
    public async Task Two_replicas_at_once_thaw_and_leave_one_state()
    {
        await using var scene = await ClusterScene.Start();
        Tended[] replicas = [new(scene, Policy(scene)), new(scene, Policy(scene), "backup-webhook-b")];
        await scene.HoldLease(null, frozen: Tended.Mark(await Pod(scene)));

        await Task.WhenAll(replicas.Select(replica => replica.Look()));

        Assert.NotEmpty(scene.Ran);
        await AssertSettled(scene);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_mark_of_a_pod_that_is_gone_is_removed_even_without_a_policy(bool isReplaced)
    {
        await using var scene = await ClusterScene.Start();
        var webhook = new Tended(scene, Policy(scene)) { Policy = null };
        await scene.HoldLease(null, frozen: Tended.Mark(await Pod(scene)));
        await scene.Admin.Delete(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, new() { GracePeriodSeconds = 0 }, Cancel);
        if (isReplaced)
            await scene.MakePod("redis", ready: true);

        await webhook.Look();

        Assert.Empty(scene.Ran);
        await AssertSettled(scene);
        Assert.Contains("that pod is gone", Assert.Single(await webhook.Events("FrozenPodGone")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("backup: {cluster: test, settings: {consistency: {enabled: false}}}")]
    public async Task Without_a_thaw_command_a_person_is_told_and_the_mark_stays(string? policy)
    {
        await using var scene = await ClusterScene.Start();
        var webhook = new Tended(scene, Policy(scene)) { Policy = policy };
        await scene.HoldLease(null, frozen: Tended.Mark(await Pod(scene)));

        var outcome = await webhook.Look();
        await webhook.Look();

        Assert.Contains("thaw it by hand", outcome.Problem, StringComparison.Ordinal);
        Assert.NotNull(ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen));
        Assert.Equal(1, Assert.Single(await webhook.Events()).Count);
        webhook.Policy = Policy(scene);
        await webhook.LookFor(TimeSpan.FromMinutes(1));
        Assert.Equal(["thaw"], scene.Ran);
        await AssertSettled(scene);
    }

    [Fact]
    public async Task A_thaw_that_fails_is_tried_again_after_a_rest()
    {
        await using var scene = await ClusterScene.Start();
        var ran = scene.Scratch["ran"];
        var webhook = new Tended(scene, Policy($"echo try >> {ran}; test $(grep -c try {ran}) -ge 3"));
        await scene.HoldLease(null, frozen: Tended.Mark(await Pod(scene)));

        var first = await webhook.Look();
        var tooEarly = await webhook.Look();
        Assert.Equal(["try"], scene.Ran);
        Assert.Contains("exited 1", first.Problem, StringComparison.Ordinal);
        Assert.Equal(first.Problem, tooEarly.Problem);
        Assert.NotNull(ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen));
        Assert.True((await scene.Lease()).Spec?.HolderIdentity is null or "");

        var outcome = await webhook.LookFor(TimeSpan.FromMinutes(5));

        Assert.Null(outcome.Problem);
        Assert.Equal(["try", "try", "try"], scene.Ran);
        await AssertSettled(scene);
        Assert.Single(await webhook.Events("ThawFailed"));
        Assert.Single(await webhook.Events("ThawedAfterKill"));
    }

    [Fact]
    public async Task A_policy_that_was_corrected_is_tried_at_once()
    {
        await using var scene = await ClusterScene.Start();
        var webhook = new Tended(scene, Policy("exit 4"));
        await scene.HoldLease(null, frozen: Tended.Mark(await Pod(scene)));
        await webhook.Look();

        (webhook.Policy, webhook.Generation) = (Policy(scene), 2);
        await webhook.Look();

        Assert.Equal(["thaw"], scene.Ran);
        await AssertSettled(scene);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_is_cut_before_the_end_was_told_is_no_success(bool isCut)
    {
        await using var scene = await ClusterScene.Start();
        var webhook = new Tended(scene, Policy(scene));
        await scene.HoldLease(null, frozen: Tended.Mark(await Pod(scene)));
        scene.Api.Execs.Break(exec => exec.Command is ["sh", "-c", _], new FakeExecFault(LoseStatus: isCut, CloseWithoutStatus: !isCut));

        var outcome = await webhook.Look();

        Assert.Contains("how it ended is not known", outcome.Problem, StringComparison.Ordinal);
        Assert.NotNull(ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen));
        await webhook.LookFor(TimeSpan.FromMinutes(2));
        Assert.Equal(["thaw", "thaw"], scene.Ran);
        await AssertSettled(scene);
    }

    [Fact]
    public async Task What_redis_refuses_with_exit_code_0_is_no_success_and_its_words_are_not_told()
    {
        await using var scene = await ClusterScene.Start();
        var webhook = new Tended(scene, Policy("echo NOAUTH hunter2 required; true redis-cli"));
        await scene.HoldLease(null, frozen: Tended.Mark(await Pod(scene)));

        var outcome = await webhook.Look();

        Assert.Contains("refused", outcome.Problem, StringComparison.Ordinal);
        Assert.NotNull(ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen));
        Assert.DoesNotContain("hunter2", outcome.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain(await webhook.Events(), one => one.Message!.Contains("hunter2", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("2026-11-22T02:30:00Z", true)]
    [InlineData("2026-11-22T02:00:20Z", false)]
    public async Task A_thaw_that_fails_in_a_container_that_was_restarted_since_has_nothing_to_thaw(string startedAt, bool isVoid)
    {
        await using var scene = await ClusterScene.Start();
        var webhook = new Tended(scene, Policy("exit 4"));
        await scene.HoldLease(null, frozen: Tended.Mark(await Pod(scene)));
        await Restarted(scene, new JsonObject { ["running"] = new JsonObject { ["startedAt"] = startedAt } });

        var outcome = await webhook.Look();

        Assert.Equal(isVoid, ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen) is null);
        Assert.Equal(isVoid, outcome.Problem is null);
        Assert.Equal(isVoid ? "FrozenContainerRestarted" : "ThawFailed", Assert.Single(await webhook.Events()).Reason);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("refused")]
    [InlineData("waiting")]
    [InlineData("killed")]
    public async Task A_thaw_that_has_not_ended_by_itself_proves_nothing_in_a_container_that_was_restarted_since(string how)
    {
        await using var scene = await ClusterScene.Start();
        var webhook = new Tended(scene, how == "killed" ? Policy("kill -9 $$") : Policy(scene));
        await scene.HoldLease(null, frozen: Tended.Mark(await Pod(scene)));
        await Restarted(scene, how == "waiting"
            ? new JsonObject { ["waiting"] = new JsonObject { ["reason"] = "CrashLoopBackOff" } }
            : new JsonObject { ["running"] = new JsonObject { ["startedAt"] = "2026-11-22T02:30:00Z" } });
        if (how == "cut")
            scene.Api.Execs.Break(exec => exec.Command is ["sh", "-c", _], new FakeExecFault(LoseStatus: true));
        else if (how != "killed")
            scene.Api.Faults.Add(request => request.Path.Value!.EndsWith("/exec", StringComparison.Ordinal), new FakeFault.Answer(500));

        var outcome = await webhook.Look();

        Assert.NotNull(ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen));
        Assert.NotNull(outcome.Again);
        Assert.Equal("ThawFailed", Assert.Single(await webhook.Events()).Reason);
    }

    [Theory]
    [InlineData(false, "data-redis-0")]
    [InlineData(true, "other-redis-0")]
    public async Task Runs_nothing_in_a_pod_that_is_not_of_the_workload_and_claim(bool isOwned, string claim)
    {
        await using var scene = await ClusterScene.Start();
        var webhook = new Tended(scene, Policy(scene));
        var other = await scene.MakePod("redis", ready: true, name: "other", claim: claim, isOwned: isOwned);
        await scene.HoldLease(null, frozen: Tended.Mark(other));

        var outcome = await webhook.Look();

        Assert.Contains("nothing is run in it", outcome.Problem, StringComparison.Ordinal);
        Assert.Empty(scene.Api.Execs.Begun);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("frozen")]
    [InlineData("""{"backupId":"a forged\nline","since":"2026-11-22T02:00:00Z","pod":"redis-0","podUid":"u","container":"redis"}""")]
    public async Task A_mark_that_no_run_writes_is_shown_to_a_person(string mark)
    {
        await using var scene = await ClusterScene.Start();
        var webhook = new Tended(scene, Policy(scene));
        await scene.HoldLease(null, frozen: mark);

        var outcome = await webhook.Look();

        Assert.Contains("cannot be read", outcome.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", outcome.Problem, StringComparison.Ordinal);
        Assert.Empty(scene.Api.Execs.Begun);
    }

    [Fact]
    public async Task The_command_sees_what_the_runs_see()
    {
        await using var scene = await ClusterScene.Start();
        var webhook = new Tended(scene, Policy($"echo {{{{ Backup.id }}}} {{{{ Backup.time }}}} {{{{ Values.dataPath }}}} {{{{ Workload.pod }}}} {{{{ Workload.claim }}}} $REDIS_X > {scene.Scratch["ran"]}"));
        await scene.HoldLease(null, frozen: Tended.Mark(await Pod(scene)));

        await webhook.Look();

        Assert.Equal(["20261122t020000z-abcdef 2026-11-22T02:00:00Z /var/lib/redis redis-0 data-redis-0"], scene.Ran);
        Assert.DoesNotContain(scene.Api.Execs.Begun, exec => exec.Command.Any(word => word.Contains("abcdef", StringComparison.Ordinal)));
    }

    static async Task AssertSettled(ClusterScene scene)
    {
        var lease = await scene.Lease();
        Assert.Null(ClusterScene.Note(lease, LeaseNotes.Frozen));
        Assert.True(lease.Spec?.HolderIdentity is null or "");
    }

    static Task Restarted(ClusterScene scene, JsonObject state)
    {
        var status = new JsonObject
        {
            ["name"] = "redis",
            ["ready"] = true,
            ["restartCount"] = 1,
            ["image"] = "redis:7.4",
            ["imageID"] = "",
            ["state"] = state,
            ["lastState"] = new JsonObject { ["terminated"] = new JsonObject { ["exitCode"] = 137, ["finishedAt"] = "2026-11-22T02:29:00Z" } },
        };
        return scene.Admin.MergePatch(KubeResources.Pods.OfStatus(), ClusterScene.Space, ClusterScene.Pod, new JsonObject { ["status"] = new JsonObject { ["containerStatuses"] = new JsonArray(status) } }, Cancel);
    }

    static async Task<Pod> Pod(ClusterScene scene) => (await scene.Admin.Get(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, Cancel))!;

    static string Policy(ClusterScene scene) =>
        ClusterScene.Policy($"{{enabled: true, command: 'true', freeze: {{command: '{scene.Note("freeze")}', thaw: '{scene.Note("thaw")}'}}}}");

    static string Policy(string thaw) => ClusterScene.Policy($"{{enabled: true, command: 'true', freeze: {{command: 'true', thaw: '{thaw}'}}}}");
}
