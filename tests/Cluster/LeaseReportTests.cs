using System.Text.Json;
using BackupRunner.Cluster;
using BackupRunner.Hooks;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Cluster;

/// <summary>What a run in a cluster writes on its Lease while it works, and at its end.</summary>
public sealed class LeaseReportTests
{
    static readonly SeriesId Series = new("test", ClusterScene.Space, "statefulset", "redis", "data-redis-0");

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task How_far_it_is_goes_with_its_end_and_not_before()
    {
        await using var scene = await ClusterScene.Start();
        await using (var site = Site(scene))
        {
            await site.HoldForRestore(scene.Data, Cancel);
            site.Tell("restoring: 42 %", 42);
            await site.Middleware!.Confirm(Cancel);
            Assert.Equal(("restoring: 42 %", "42"), await Told(scene));

            site.Tell("proving: 3 MiB", null);
            await site.Middleware.Confirm(Cancel);
            Assert.Equal(("proving: 3 MiB", null), await Told(scene));

            site.Tell("restoring: 99 %", 99);
        }
        // A run that was killed concludes nothing; the next one begins with nothing said.
        Assert.Equal(("restoring: 99 %", "99"), await Told(scene));
        await using (var site = Site(scene))
        {
            await site.HoldForRestore(scene.Data, Cancel);
            await site.Middleware!.Confirm(Cancel);
            Assert.Equal((null, null), await Told(scene));
            site.Tell("restoring: 7 %", 7);
            site.Conclude(Report());
        }
        Assert.Equal((null, null), await Told(scene));
    }

    [Fact]
    public async Task A_backup_tells_how_many_percent_it_has_done()
    {
        await using var scene = await ClusterScene.Start();
        Shell.Bash($"head -c 64M /dev/urandom > {scene.Data}/large");
        // Every renewal of the Lease is at once, and fifteen seconds later.
        var runner = scene.Runner with { Clock = new LeapingClock(LeaseTiming.Default.Renew) };

        var run = runner.InProcess(scene.Arguments("backup", ClusterScene.Policy(), "backup-redis"));
        await Eventually.True(
            async () => run.IsCompleted || int.TryParse(ClusterScene.Note(await scene.Lease(), LeaseNotes.Percent), out var percent) && percent is >= 0 and <= 99, "the percent");

        Assert.False(run.IsCompleted, run.IsCompleted ? (await run).Error : "");
        (await run).Exited(0);
        Assert.Null(ClusterScene.Note(await scene.Lease(), LeaseNotes.Percent));
    }

    [Fact]
    public async Task The_longest_list_of_backups_fits_beside_what_else_a_run_may_have_to_tell()
    {
        await using var scene = await ClusterScene.Start();
        var backup = new ReportedBackup("20261122t020000z-k3x7qa", "done", long.MaxValue, long.MaxValue, long.MaxValue);
        var full = Report() with
        {
            Retained = new ReportedCatalog(10_000, [.. Enumerable.Repeat(backup, ReportedCatalog.MostListed)]),
            Warnings = [.. Enumerable.Repeat(new string('w', 300), 50)],
            Deleted = [.. Enumerable.Repeat(new ReportedDeletion(backup.Id, "older than 30d and not among the newest 7"), 100)],
        };
        await using (var site = Site(scene))
        {
            await site.HoldForBackup(BackupId.Parse(backup.Id)!, scene.Data, Cancel);
            site.Conclude(full);
        }

        var read = JsonSerializer.Deserialize(ClusterScene.Note(await scene.Lease(), LeaseNotes.Report)!, ReportJson.Default.RunReport)!;
        Assert.Equal((10_000, ReportedCatalog.MostListed), (read.Retained!.Count, read.Retained.Newest.Count));
    }

    static async Task<(string?, string?)> Told(ClusterScene scene)
    {
        var lease = await scene.Lease(ClusterScene.RestoreLease);
        return (ClusterScene.Note(lease, LeaseNotes.Progress), ClusterScene.Note(lease, LeaseNotes.Percent));
    }

    static RunReport Report() => new() { Verb = "restore", ExitCode = 0, Start = DateTimeOffset.UnixEpoch, End = DateTimeOffset.UnixEpoch };

    static ClusterSite Site(ClusterScene scene) => new(
        new KubeClient(scene.AdminConfig, TimeProvider.System),
        new ClusterRun(Series, new BackupPolicy(), "restore-redis-xyz", scene.Scratch["archive/backup.tar.gz"], [], TimeSpan.Zero),
        Redaction.Of(new Dictionary<string, string>()), _ => { }, _ => { }, TimeProvider.System);
}
