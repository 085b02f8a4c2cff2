using BackupRunner.Reports;
using BackupRunner.Webhook.Restores;

namespace BackupRunner.Tests.Webhook;

public sealed class RestoreDecisionTests
{
    const string Job = "restore-r-12345678";

    static readonly DateTimeOffset Now = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    static readonly RestoreObject Fresh = new("default", "r", "uid-r", "1", 1, Now, false, new RestoreSpec { Workload = new("statefulset", "default", "redis"), Latest = true }, RestoreStatus.None)
    {
        Finalizers = [RestoreObject.Finalizer],
    };

    static readonly RestoreStatus Running = new() { Phase = RestorePhase.Preparing, Job = Job, Claim = "data-redis-0", Workload = "StatefulSet/redis", Started = Now, Reason = "Starting" };

    static readonly RestoreStatus Over = Running with { Phase = RestorePhase.Succeeded, Data = DataState.Restored };

    static readonly RestoreStatus Unsettled = Running with { Phase = RestorePhase.Failed, Data = DataState.Unsettled };

    static readonly RestoreLease Ours = new() { IsHeld = true, Holder = Job + "-x7k2p_1a2b", IsUnsettled = true, Claim = "data-redis-0", Step = "stage", Percent = 40, Progress = "40 %" };

    static readonly RestoreLease Others = new() { IsHeld = true, Holder = "by-hand-x7k2p_1a2b", Step = "swap" };

    static readonly RestoreLease Left = new() { IsUnsettled = true, Claim = "data-redis-0" };

    public static TheoryData<string, RestoreObject, SeenRestoreJob?, RestoreLease, string> Steps => new()
    {
        { "the finalizer comes first", Fresh with { Finalizers = ["another"] }, null, RestoreLease.Free, "Keep" },
        { "then it begins", Fresh, null, RestoreLease.Free, "Begin" },
        { "its Job is followed", With(Running), Of(RestoreJobState.Waits), RestoreLease.Free, "Follow Preparing Starting" },
        { "also when the status does not name it", Fresh, Of(RestoreJobState.Waits), RestoreLease.Free, "Follow Preparing Starting" },
        { "it waits for another's Lease", With(Running), Of(RestoreJobState.Runs), Others, "Follow Preparing Running" },
        { "staging", With(Running), Of(RestoreJobState.Runs), Ours, "Follow Staging Running" },
        { "emptying", With(Running), Of(RestoreJobState.Runs), Ours with { Step = "empty" }, "Follow Staging Running" },
        { "looking", With(Running), Of(RestoreJobState.Runs), Ours with { Step = "restore" }, "Follow Preparing Running" },
        { "swapping", With(Running), Of(RestoreJobState.Runs), Ours with { Step = "swap" }, "Follow Swapping Running" },
        { "committing", With(Running), Of(RestoreJobState.Runs), Ours with { Step = "commit" }, "Follow Swapping Running" },
        { "starting", With(Running), Of(RestoreJobState.Runs), Ours with { Step = "start" }, "Follow Starting Running" },
        { "tidying", With(Running), Of(RestoreJobState.Runs), Ours with { Step = "removeold" }, "Follow Finishing Running" },
        { "undoing", With(Running), Of(RestoreJobState.Runs), Ours with { Step = "undo" }, "Follow RollingBack Running" },
        { "what an earlier run wrote is not its own", With(Running), Of(RestoreJobState.Runs), Ours with { Step = "done" }, "Follow Preparing Running" },
        { "between the run's end and the Job's it stays where it was", With(Running with { Phase = RestorePhase.Finishing, Step = "removeold" }), Of(RestoreJobState.Runs), RestoreLease.Free, "Follow Finishing Running" },
        { "a Job that somebody deletes", With(Running), Of(RestoreJobState.Runs) with { IsBeingDeleted = true }, Ours, "Follow RollingBack JobDeleted" },
        { "its end is looked at", With(Running), Of(RestoreJobState.Failed), RestoreLease.Free, "End" },
        { "a Job that is gone is looked for", With(Running), null, RestoreLease.Free, "Miss" },
        { "what is over is never begun again", With(Over) with { Finalizers = [] }, null, RestoreLease.Free, "Nothing" },
        { "what is over can go without us", With(Over), null, RestoreLease.Free, "Release" },
        { "what is unsettled waits for the Lease", With(Unsettled), null, Left, "Nothing" },
        { "also for one who settles it", With(Unsettled), null, Others, "Nothing" },
        { "and is told anew", With(Unsettled), null, RestoreLease.Free, "Settle" },
        { "deleted while it may run", With(Running) with { IsBeingDeleted = true }, Of(RestoreJobState.Runs), Ours, "Stop" },
        { "deleted unsettled", With(Unsettled) with { IsBeingDeleted = true }, null, Left, "Stop" },
        { "deleted when it is over", With(Over) with { IsBeingDeleted = true }, null, RestoreLease.Free, "Release" },
        { "deleted, and others keep it", With(Running) with { IsBeingDeleted = true, Finalizers = ["another"] }, null, RestoreLease.Free, "Nothing" },
    };

    [Theory]
    [MemberData(nameof(Steps))]
    public void Decides(string what, RestoreObject restore, SeenRestoreJob? job, RestoreLease lease, string expected)
    {
        var step = RestoreDecision.Of(restore, job, lease);
        Assert.Equal((what, expected), (what, step is RestoreStep.Follow follow ? $"Follow {follow.Phase} {follow.Reason}" : step.GetType().Name));
    }

    [Fact]
    public void The_progress_is_that_of_the_Lease()
    {
        var step = Assert.IsType<RestoreStep.Follow>(RestoreDecision.Of(With(Running), Of(RestoreJobState.Runs), Ours));
        Assert.Equal(("stage", 40, "40 %"), (step.Step, step.Percent, step.Message));
    }

    public static TheoryData<RestoreStatus, bool, RestoreLease, string?> Deletions => new()
    {
        { Running, true, Ours, "the run of Job" },
        { Running, false, Ours, "is held by " + Job },
        { Running, false, Left, "has left claim \"data-redis-0\" unsettled" },
        { Running, false, RestoreLease.Free, null },
        // What only another restore mends must not hold that one up.
        { Running, false, Left with { IsGivenUp = true }, null },
        // Somebody else's run, which it has waited for.
        { Running, false, Others with { IsUnsettled = true }, null },
        // The one that settles what it has left.
        { Running with { Step = "swap" }, false, Others with { IsUnsettled = true }, "is held by by-hand" },
    };

    [Theory]
    [MemberData(nameof(Deletions))]
    public void A_deleted_one_waits_until_nothing_of_it_runs_and_nothing_is_unsettled(RestoreStatus status, bool hasPods, RestoreLease lease, string? expected)
    {
        var why = RestoreDecision.WaitsFor(status, Job, hasPods, lease);
        if (expected is null)
            Assert.Null(why);
        else
            Assert.Contains(expected, why, StringComparison.Ordinal);
    }

    [Fact]
    public void Restores_of_one_workload_go_by_age_and_what_has_begun_comes_first()
    {
        RestoreObject Other(string name, int seconds, string workload = "redis") => Fresh with { Name = name, Uid = name, Created = Now.AddSeconds(seconds), Spec = Fresh.Spec with { Workload = new("statefulset", "default", workload) } };
        var (first, same, later) = (Other("a", 0), Other("b", 0), Other("c", 5));
        RestoreObject[] all = [later, same, first, Other("z", -9, "valkey"), Other("over", -9) with { Status = Over }, Other("leaving", -9) with { IsBeingDeleted = true }];
        RestoreObject? Before(RestoreObject one, params RestoreObject[] begun) => RestoreQueue.Before(one, all, (_, _) => null, begun.Contains);

        Assert.Null(Before(first));
        Assert.Equal("a", Before(same)?.Name);
        Assert.Equal("a", Before(later)?.Name);
        // It was told of before the older one was.
        Assert.Equal("c", Before(first, later)?.Name);
    }

    [Fact]
    public void A_Restore_that_is_deleted_while_it_runs_holds_the_next_one_up()
    {
        var leaving = With(Running) with { IsBeingDeleted = true, Uid = "other", Created = Now.AddHours(1) };
        Assert.Same(leaving, RestoreQueue.Before(Fresh, [leaving], (_, _) => null, one => one.Status.Job is not null));
    }

    [Theory]
    [InlineData(true, false, false, "data-redis-0", "waits for another restore")]
    [InlineData(false, true, false, "data-redis-0", "was cut short")]
    [InlineData(false, true, true, "data-redis-0", null)]
    [InlineData(false, true, true, "data-redis-1", "was cut short")]
    [InlineData(false, false, false, "data-redis-0", null)]
    public void A_restore_Lease_that_is_held_or_unsettled_is_waited_for_unless_only_another_restore_can_mend_it(bool isHeld, bool isUnsettled, bool isGivenUp, string claim, string? expected)
    {
        var held = RestoreQueue.Held(new RestoreLease { IsHeld = isHeld, Holder = "x", IsUnsettled = isUnsettled, IsGivenUp = isGivenUp, Claim = "data-redis-0" }, claim);
        Assert.Equal(expected is null, held is null);
        Assert.Contains(expected ?? "", held ?? "", StringComparison.Ordinal);
    }

    static RestoreObject With(RestoreStatus status) => Fresh with { Status = status };

    static SeenRestoreJob Of(RestoreJobState state) => new("default", Job, "uid-j", ("r", "uid-r"), state, false, Now, null);
}
