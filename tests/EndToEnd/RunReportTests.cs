using System.Text.Json;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>What the report says of the series and of the data when the run has ended.</summary>
public sealed class RunReportTests : IDisposable
{
    readonly Laptop laptop = new();

    public RunReportTests()
    {
        laptop.Scratch.File("data/file", "new");
        laptop.Scratch.Folder("store");
    }

    public void Dispose() => laptop.Dispose();

    [Fact]
    public async Task A_backup_tells_what_retention_has_left()
    {
        var policy = laptop.Policy("backup: {retention: {keepCount: 1, remoteRetention: 1d}}");
        await new RunnerCall(laptop.Scratch["state"]) { Clock = new ShiftedClock(TimeSpan.FromDays(-3)) }.InProcess("backup", "--data", laptop.Data, "--store", laptop.Store);
        var report = await Reported(0, "backup", "--policy", policy);

        Assert.Equal(1, report.Retained!.Count);
        var left = Assert.Single(report.Retained.Newest);
        Assert.Equal(Assert.Single(report.Backups) with { Sha256 = null }, left);
        Assert.Single(report.Deleted);
    }

    [Fact]
    public async Task Prune_tells_it_too_and_a_dry_run_removes_nothing()
    {
        await laptop.BackUp();
        await laptop.BackUp();
        var dry = await Reported(0, "prune", "--dry-run", "--policy", laptop.Policy("backup: {retention: {keepCount: 1, remoteRetention: 1s}}"));
        Assert.Equal(2, dry.Retained!.Count);
    }

    [Fact]
    public async Task A_restore_puts_its_data_in_place()
    {
        await laptop.BackUp();
        Assert.Equal(DataState.Restored, (await Restored(0, "--latest")).Data);
        Assert.Equal(DataState.Untouched, (await Restored(0, "--resume")).Data);
    }

    [Theory]
    [InlineData("--latest", 2)]
    [InlineData("--before 2020-01-01", 2)]
    [InlineData("--backup nonsense", 2)]
    [InlineData("", 2)]
    public async Task What_is_not_found_touches_nothing(string selection, int exitCode) =>
        Assert.Equal(DataState.Untouched, (await Restored(exitCode, selection.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Data);

    [Fact]
    public async Task A_wrong_key_touches_nothing()
    {
        await laptop.BackUp("--keys", new Ring(laptop.Scratch["ring"]).Path);

        Assert.Equal(DataState.Untouched, (await Restored(5, "--latest", "--keys", new Ring(laptop.Scratch["other"]).Path)).Data);
        Assert.Equal(DataState.Untouched, (await Restored(5, "--latest", "--keys", laptop.Scratch.Folder("empty"))).Data);
    }

    [Theory]
    [InlineData("{healthCommand: 'false'}", DataState.RolledBack)]
    [InlineData("{healthCommand: 'false', undo: false}", DataState.Restored)]
    public async Task Unhealthy_data(string restore, DataState left)
    {
        await laptop.BackUp();
        Assert.Equal(left, (await Restored(3, "--latest", "--policy", laptop.Policy($"backup: {{restore: {restore}}}"))).Data);
    }

    [Theory]
    [InlineData("true", 0, DataState.Restored)]
    [InlineData("rm {{ Values.dataPath }}/file; false", 3, DataState.Unsettled)]
    public async Task A_script_of_the_policy(string script, int exitCode, DataState left)
    {
        await laptop.BackUp();
        var policy = laptop.Policy($"backup: {{commands: {{restore: '{script}', runIn: runner}}}}");
        Assert.Equal(left, (await Restored(exitCode, "--latest", "--policy", policy, "--archive-path", laptop.Scratch["archive/backup.tar.gz"])).Data);
    }

    [Fact]
    public async Task A_script_that_never_ran_leaves_the_data()
    {
        var id = await laptop.BackUp();
        Shell.Bash($"printf x >> {laptop.Folder(id)}/backup.tar.gz");
        var policy = laptop.Policy("backup: {commands: {restore: 'true', runIn: runner}}");
        Assert.Equal(DataState.Untouched, (await Restored(5, "--backup", id, "--policy", policy, "--archive-path", laptop.Scratch["archive/backup.tar.gz"])).Data);
    }

    [Fact]
    public async Task A_restore_that_was_stopped_while_its_data_was_looked_at_is_unsettled_whoever_tells_it()
    {
        await laptop.BackUp();
        var (reached, report) = (laptop.Scratch["reached"], laptop.Scratch["report.json"]);
        var policy = laptop.Policy($"backup: {{restore: {{healthCommand: 'touch {reached}; sleep 120'}}}}");
        await using var run = laptop.Start("restore", "--latest", "--policy", policy, "--report", report);
        await Eventually.True(() => Task.FromResult(File.Exists(reached)), "the health command");
        run.Signal("TERM");
        (await run.Ended).Exited(143);

        Assert.Equal(DataState.Unsettled, Read(report).Data);
        Assert.Equal(DataState.Unsettled, (await Restored(2, "--before", "2020-01-01")).Data);
        Assert.Equal(DataState.Restored, (await Restored(0, "--resume")).Data);
    }

    [Fact]
    public async Task A_restore_that_was_stopped_while_it_staged_has_touched_nothing()
    {
        await laptop.BackUp();
        using var gate = new ArchiveGate();
        var report = laptop.Scratch["report.json"];
        await using var run = (laptop.Runner with { Variables = new Dictionary<string, string> { ["PATH"] = gate.Path } })
            .Start("restore", "--data", laptop.Data, "--store", laptop.Store, "--latest", "--report", report);
        await gate.Reached(run);
        run.Signal("TERM");
        (await run.Ended).Exited(143);

        Assert.Equal(DataState.Untouched, Read(report).Data);
    }

    Task<RunReport> Restored(int exitCode, params string[] more) => Reported(exitCode, "restore", more);

    async Task<RunReport> Reported(int exitCode, string verb, params string[] more)
    {
        var file = laptop.Scratch["report.json"];
        (await laptop.Run(verb, [.. more, "--report", file])).Exited(exitCode);
        return Read(file);
    }

    static RunReport Read(string file) => JsonSerializer.Deserialize(File.ReadAllText(file), ReportJson.Default.RunReport)!;
}
