using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Tests.EndToEnd;

namespace BackupRunner.Tests.Cluster;

/// <summary>Restores that are told to stop, as the pod of a drained node is: they end in time, and leave whole data and a workload that runs.</summary>
public sealed class ClusterStopTests
{
    /// <summary>Less than the terminationGracePeriodSeconds of the restore Job.</summary>
    static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(60);

    /// <summary>What a run does not give up although it was told to stop is answered after that.</summary>
    static readonly TimeSpan SlowAnswer = TimeSpan.FromSeconds(5);

    const int MostWrites = 60;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restore_told_to_stop_before_any_of_its_writes_leaves_whole_data_and_a_workload_that_runs()
    {
        await using var site = await RestoreSite.Start();
        var (old, restored) = (0, 0);
        for (var nth = 1; ; nth++)
        {
            Assert.True(nth < MostWrites);
            var (count, answer) = (0, new TaskCompletionSource());
            var reached = site.HoldNext(request => RestoreSite.IsWrite(request) && ++count == nth, answer.Task);
            await using var run = site.Restore("--latest");
            if (await RestoreSite.First(reached, run) is not { } write)
            {
                (await run.Ended).Exited(0);
                break;
            }
            var where = $"write {nth}, {write}";
            run.Signal("TERM");
            _ = Task.Delay(SlowAnswer, Cancel).ContinueWith(_ => answer.TrySetResult(), Cancel, TaskContinuationOptions.None, TaskScheduler.Default);
            var ended = await run.Ended.WaitAsync(GracePeriod, Cancel);

            Assert.True(ended.ExitCode == 143 || ended.ExitCode == 0 && site.Data == site.NewData, $"{where}: exited {ended.ExitCode}\n{ended.Error}");
            await site.AssertReleased(where);
            Assert.True(await site.Replicas() == 1, $"{where}: the workload is left stopped\n{ended.Error}");
            if (restored == 0 && File.ReadAllText(Path.Join(site.Scene.Data, "dump.rdb")) == "damaged")
            {
                await site.AssertSettled(where, site.OldData);
                old++;
            }
            else
            {
                restored++;
                (await site.RestoreHere("--resume")).Exited(0);
                await site.AssertSettled(where, site.NewData);
            }
            await site.AssertNothingMore(where);
            site.Reset();
        }
        Assert.True(old > 1 && restored > 1, $"undone {old} times, finished {restored} times");
    }

    [Fact]
    public async Task A_restore_told_to_stop_while_it_stages_leaves_the_old_data_running()
    {
        await using var site = await RestoreSite.Start();
        using var gate = new ArchiveGate();
        site.Scene.Variables["PATH"] = gate.Path;
        await using var run = site.Restore("--latest");
        await gate.Reached(run);

        run.Signal("TERM");

        var ended = (await run.Ended.WaitAsync(GracePeriod, Cancel)).Exited(143);
        Assert.Contains("statefulset \"redis\" runs again", ended.Error, StringComparison.Ordinal);
        Assert.Equal(DataState.Untouched, await site.Scene.Left());
        await site.AssertSettled("staging", site.OldData);
    }

    [Fact]
    public async Task A_restore_told_to_stop_while_it_waits_for_the_workload_leaves_it_to_the_next_to_judge()
    {
        await using var site = await RestoreSite.Start();
        site.Controller.IsHealthy = () => !Directory.Exists(Path.Join(site.Scene.Data, "folder"));
        await using var run = site.Restore("--latest");
        Assert.NotNull(await RestoreSite.First(site.HoldNext(request => site.WaitsForReady(request)), run));

        run.Signal("TERM");

        var ended = (await run.Ended.WaitAsync(GracePeriod, Cancel)).Exited(143);
        Assert.Contains("restore --resume", ended.Error, StringComparison.Ordinal);
        Assert.Equal(DataState.Unsettled, await site.Scene.Left());
        await site.AssertReleased("stopped");
        Assert.Equal((1, "1"), (await site.Replicas(), await site.Note(LeaseNotes.Replicas)));
        // By which the webhook knows that it was not a person who started it.
        Assert.NotNull(await site.Note(LeaseNotes.Started));
        await site.Controller.Become(() => true);
        (await site.RestoreHere("--resume")).Exited(0);
        Assert.Equal(DataState.Restored, await site.Scene.Left());
        await site.AssertSettled("resumed", site.NewData);
    }
}
