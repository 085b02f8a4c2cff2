using System.Diagnostics;
using BackupRunner.Tests.EndToEnd;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Cluster;

/// <summary>
/// Restores that are killed at every change that they make in the cluster, and what the next run makes of it. Of what they do to the volume in
/// between, every step is killed by the restore's own tests.
/// </summary>
public sealed class ClusterKillTests
{
    const int MostWrites = 60;
    const int FewestWrites = 15;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restore_killed_before_any_of_its_writes_is_settled_by_the_next()
    {
        await using var site = await RestoreSite.Start();
        await KilledEverywhere(site, async (run, nth) =>
        {
            var count = 0;
            var reached = site.HoldNext(request => RestoreSite.IsWrite(request) && ++count == nth);
            return await RestoreSite.First(reached, run) is { } write ? Kill(run, write) : null;
        });
    }

    [Fact]
    public async Task A_restore_killed_before_the_answer_to_any_of_its_writes_is_settled_by_the_next()
    {
        await using var site = await RestoreSite.Start();
        await KilledEverywhere(site, async (run, nth) =>
        {
            var killed = KillAtChange(site, run, nth);
            return await RestoreSite.First(killed, run);
        });
    }

    [Fact]
    public async Task A_restore_killed_while_it_stages_is_undone()
    {
        await using var site = await RestoreSite.Start();
        using var gate = new ArchiveGate();
        site.Scene.Variables["PATH"] = gate.Path;
        await using var run = site.Restore("--latest");
        await gate.Reached(run);

        run.Signal("KILL");
        await run.Ended;
        await site.FreeLeases();
        (await site.RestoreHere("--resume")).Exited(0);

        await site.AssertSettled("staging", site.OldData);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_restore_killed_while_it_waits_for_the_workload_is_judged_by_the_next(bool isHealthy)
    {
        await using var site = await RestoreSite.Start();
        site.Policy = ClusterScene.Policy(restore: isHealthy ? "{startTimeout: 2m}" : "{startTimeout: 5s}");
        site.Controller.IsHealthy = () => !Directory.Exists(Path.Join(site.Scene.Data, "folder"));
        await using var run = site.Restore("--latest");
        var waits = site.HoldNext(request => site.WaitsForReady(request));
        Assert.NotNull(await RestoreSite.First(waits, run));

        run.Signal("KILL");
        await run.Ended;
        await site.FreeLeases();
        if (isHealthy)
            await site.Controller.Become(() => true);
        var resumed = (await site.RestoreHere("--resume")).Exited(isHealthy ? 0 : 3);

        await site.AssertSettled("waiting", isHealthy ? site.NewData : site.OldData);
        if (!isHealthy)
            Assert.Contains("the old data is back in its place", resumed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_lease_of_a_restore_that_was_killed_is_taken_over_once_it_has_expired()
    {
        await using var site = await RestoreSite.Start();
        await using var run = site.Restore("--latest");
        Assert.NotNull(await RestoreSite.First(site.HoldNext(RestoreSite.IsScale), run));
        run.Signal("KILL");
        await run.Ended;

        // A minute of the real clock: that long the dead one's Lease lives.
        var resumed = (await site.RestoreHere("--resume")).Exited(0);

        Assert.Contains("took lease \"restore-statefulset-redis\" over from \"backup-redis-xyz_", resumed.Error, StringComparison.Ordinal);
        await site.AssertSettled("taken over", site.OldData);
    }

    static async Task KilledEverywhere(RestoreSite site, Func<RunningRunner, int, Task<string?>> kill)
    {
        var (old, restored) = (0, 0);
        for (var nth = 1; ; nth++)
        {
            Assert.True(nth < MostWrites);
            await using var run = site.Restore("--latest");
            if (await kill(run, nth) is not { } write)
            {
                (await run.Ended).Exited(0);
                break;
            }
            var where = $"write {nth}, {write}";
            Assert.Equal(137, (await run.Ended).ExitCode);
            await site.FreeLeases();

            var plain = nth % 4 == 0;
            (await site.RestoreHere(plain ? "--latest" : "--resume")).Exited(0);

            await site.AssertSettled(where, plain ? site.NewData : null);
            Assert.True(plain || restored == 0 || site.Data == site.NewData, $"{where}: an earlier kill was finished, this one was undone");
            (old, restored) = (old + (!plain && site.Data == site.OldData ? 1 : 0), restored + (!plain && site.Data == site.NewData ? 1 : 0));
            await site.AssertNothingMore(where);
            site.Reset();
        }
        Assert.True(old + restored >= FewestWrites / 2 && old > 1 && restored > 1, $"undone {old} times, finished {restored} times");
    }

    static string Kill(RunningRunner run, string write)
    {
        run.Signal("KILL");
        return write;
    }

    /// <summary>Kills the run in the moment in which its nth write is stored: its answer is not yet sent.</summary>
    static Task<string> KillAtChange(RestoreSite site, RunningRunner run, int nth)
    {
        var killed = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (count, meant) = (0, "");
        void AtChange(FakeChange change)
        {
            if (meant.Length == 0 || change.Key.Plural is not ("leases" or "statefulsets"))
                return;
            using (var process = Process.GetProcessById(run.Id))
                process.Kill();
            killed.TrySetResult(meant);
            site.Scene.Api.Cluster.Storage.Changed -= AtChange;
        }
        site.Scene.Api.Faults.Add(
            request =>
            {
                if (RestoreSite.IsWrite(request) && ++count == nth)
                    meant = $"{request.Method} {request.Path}";
                return false;
            },
            new FakeFault.Cut());
        site.Scene.Api.Cluster.Storage.Changed += AtChange;
        return killed.Task;
    }
}
