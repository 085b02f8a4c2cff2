using BackupRunner.Reports;
using BackupRunner.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

public sealed class InterruptedRestoreTests : OntoOldData
{
    [Fact]
    public async Task Stopped_while_staging_nothing_is_touched()
    {
        using var stop = new CancellationTokenSource();
        var source = new FakeSource(scratch["new"]) { Step = stop.Cancel };
        Assert.Equal(ExitCode.Stopped, (await Fails(source, Options, Hooks, stop.Token)).ExitCode);
        Unchanged();
    }

    [Fact]
    public async Task Stopped_before_the_commit_the_old_data_is_put_back()
    {
        using var stop = new CancellationTokenSource();
        var hooks = Hooks with { Before = (step, _) => { if (step == DestructiveStep.Swap) stop.Cancel(); return Task.CompletedTask; } };
        Assert.Equal(ExitCode.Stopped, (await Fails(Source(), Options, hooks, stop.Token)).ExitCode);
        Unchanged();
    }

    [Theory]
    [InlineData(DestructiveStep.Swap)]
    [InlineData(DestructiveStep.Commit)]
    public async Task A_check_before_a_step_that_fails_stops_there_and_the_old_data_is_back(DestructiveStep failing)
    {
        var hooks = Hooks with { Before = (step, _) => step == failing ? throw new RunnerException(ExitCode.Locked, "the lease is lost") : Task.CompletedTask };
        Assert.Equal(ExitCode.Locked, (await Fails(Source(), Options, hooks)).ExitCode);
        Unchanged();
    }

    [Fact]
    public async Task Stopped_in_the_health_check_both_are_there_and_resuming_checks_again()
    {
        using var stop = new CancellationTokenSource();
        var stopped = Hooks with { Health = cancel => { stop.Cancel(); cancel.ThrowIfCancellationRequested(); return Task.CompletedTask; } };
        Assert.Equal(ExitCode.Stopped, (await Fails(Source(), Options, stopped, stop.Token)).ExitCode);
        Assert.Equal(JournalPhase.Committed, Assert.Single(UnfinishedRestore.Find(target)).Phase);
        Assert.Equal(ExitCode.Volume, UnfinishedRestore.Refusal(target, UnfinishedRestore.Find(target))!.ExitCode);
        var sick = Hooks with { Health = _ => throw new RunnerException(ExitCode.Command, "no answer") };
        var failure = await Assert.ThrowsAsync<RunnerException>(() => Resume(sick));
        Assert.Contains("the old data is back", failure.Hint, StringComparison.Ordinal);
        Unchanged();
    }

    [Fact]
    public async Task Nothing_to_resume_is_said_and_no_error()
    {
        var outcome = await Resume(Hooks);
        Assert.Equal((null, 0), (outcome.Restored, outcome.Settled.Count));
        Unchanged();
    }

    [Fact]
    public async Task Another_restore_of_the_same_volume_waits_outside()
    {
        var hooks = Hooks with
        {
            Before = async (step, _) => { if (step == DestructiveStep.Swap) Assert.Equal(ExitCode.Locked, (await Fails(Source())).ExitCode); },
        };
        await Run(Source(), Options, hooks);
        Assert.Equal(restored, Tree.Describe(target));
    }

    [Fact]
    public async Task Old_data_without_a_journal_is_never_removed()
    {
        var before = Tree.Entries(target);
        Shell.Bash($"cd {target}; mkdir -p .backup-restore/{FakeSource.SecondId}/old; echo precious > .backup-restore/{FakeSource.SecondId}/old/file");
        var failure = await Fails(Source());
        Assert.Equal(ExitCode.Volume, failure.ExitCode);
        Assert.Equal("precious\n", File.ReadAllText(Path.Combine(target, ".backup-restore", FakeSource.SecondId, "old", "file")));
        Assert.Equal(Tree.Entries(target), before);
    }

    [Fact]
    public async Task What_is_no_restore_of_ours_in_our_folder_stays()
    {
        Shell.Bash($"cd {target}; mkdir -p .backup-restore/notes; echo note > .backup-restore/notes/file");
        await Run(Source());
        Assert.Equal("note\n", File.ReadAllText(Path.Combine(target, ".backup-restore", "notes", "file")));
    }

}
