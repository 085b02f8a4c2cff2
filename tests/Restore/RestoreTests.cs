using BackupRunner.Reports;
using BackupRunner.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

public sealed class RestoreTests : OntoOldData
{
    [Fact]
    public async Task Replaces_the_data_and_leaves_nothing_else()
    {
        var outcome = await Run(Source());
        Assert.Equal(restored, Tree.Describe(target));
        Assert.False(Directory.Exists(Path.Combine(target, ".backup-restore")));
        Assert.Equal((FakeSource.FirstId, 0, 0, 0), (outcome.Restored!.Text, outcome.Settled.Count, outcome.Kept.Count, outcome.Warnings.Count));
        Assert.Contains(said, line => line.StartsWith("staged 12 entries", StringComparison.Ordinal));
        Assert.Contains("swapped", said);
    }

    [Fact]
    public async Task In_place_verifies_before_it_empties()
    {
        var source = new FakeSource(scratch["new"]) { OnVerify = () => Assert.Equal(old, Tree.Describe(target)) };
        await Run(source, Options with { InPlace = true });
        Assert.Equal((1, restored), (source.Verified, Tree.Describe(target)));
        Assert.False(Directory.Exists(Path.Combine(target, ".backup-restore")));
    }

    [Fact]
    public async Task In_place_touches_nothing_when_the_backup_is_bad()
    {
        var source = new FakeSource(scratch["new"]) { OnVerify = () => throw new RunnerException(ExitCode.Integrity, "a bit flipped") };
        Assert.Equal(ExitCode.Integrity, (await Fails(source, Options with { InPlace = true })).ExitCode);
        Unchanged();
    }

    [Fact]
    public async Task Keeps_the_old_data_beside_what_was_kept_before()
    {
        var first = await Run(Source(), Options with { KeepOldData = true });
        Assert.Equal([Kept($"{FakeSource.FirstId}-old")], first.Kept);
        var second = await Run(Source(), Options with { KeepOldData = true });
        Assert.Equal([Kept($"{FakeSource.FirstId}-old-2")], second.Kept);
        Assert.Equal(restored, Tree.Describe(target));
        Assert.Equal(Tree.Entries(scratch["new"]), Tree.Entries(second.Kept[0]));
    }

    [Fact]
    public async Task Puts_the_old_data_back_when_the_new_is_unhealthy()
    {
        string? seen = null;
        var hooks = Hooks with { Health = _ => { seen = Tree.Describe(target); throw new RunnerException(ExitCode.Command, "no answer", "look there"); } };
        var failure = await Fails(Source(), Options, hooks);
        Assert.Equal((ExitCode.Command, restored), (failure.ExitCode, seen));
        Assert.Contains("no answer", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the old data is back", failure.Hint, StringComparison.Ordinal);
        Unchanged();
    }

    // Middleware that dies on strange directories: not even ours may be there when it starts.
    [Fact]
    public async Task Without_undo_every_trace_is_gone_before_the_health_check()
    {
        var hooks = Hooks with
        {
            Health = _ =>
            {
                Assert.False(Directory.Exists(Path.Combine(target, ".backup-restore")));
                throw new RunnerException(ExitCode.Command, "no answer");
            },
        };
        var failure = await Fails(Source(), Options with { Undo = false }, hooks);
        Assert.Contains("the restored data stays", failure.Hint, StringComparison.Ordinal);
        Assert.Equal(restored, Tree.Describe(target));
    }

    [Fact]
    public async Task Options_that_contradict_each_other_are_refused()
    {
        Assert.Equal(ExitCode.Usage, (await Fails(Source(), Options with { KeepOldData = true, Undo = false })).ExitCode);
        Assert.Equal(ExitCode.Usage, (await Fails(Source(), Options with { KeepOldData = true, InPlace = true })).ExitCode);
        Unchanged();
    }

    [Fact]
    public async Task Refuses_a_backup_whose_counts_are_not_the_manifests()
    {
        var source = new FakeSource(scratch["new"]) { Extracted = new ExtractedCounts(new RecordedCounts(12, 6, 39), true) };
        Assert.Equal(ExitCode.Integrity, (await Fails(source)).ExitCode);
        Unchanged();
    }

    [Fact]
    public async Task Keeps_the_roots_attributes_when_the_backup_has_none()
    {
        await Run(new FakeSource(scratch["new"]) { Extracted = new ExtractedCounts(Source().Size.Expected!, HasRoot: false) });
        Assert.Equal(Tree.Entries(scratch["new"]), Tree.Entries(target));
        Assert.Equal(old[old.IndexOf('\n', StringComparison.Ordinal)..], Tree.Describe(target)[old.IndexOf('\n', StringComparison.Ordinal)..]);
    }

    [Fact]
    public async Task A_name_of_ours_in_the_backup_is_not_restored()
    {
        Shell.Bash($"cd {target}; mkdir -p lost+found .backup-restore/kept/mine; echo mine > lost+found/file; echo mine > .backup-restore/kept/mine/file");
        Tree.Make(scratch["evil"], "mkdir -p lost+found .backup-restore/kept; echo evil > lost+found/file; echo evil > .backup-restore/x; echo good > good");
        await Run(new FakeSource(scratch["evil"]));
        Assert.Equal("mine mine good\n", Shell.Bash($"cd {target}; echo $(cat lost+found/file .backup-restore/kept/mine/file good); test ! -e .backup-restore/x"));
    }

    [Fact]
    public async Task Restores_into_the_directory_that_a_link_leads_to()
    {
        Shell.Run("ln", "-s", target, scratch["link"]);
        await Run(Source(), Options with { Target = scratch["link"] });
        Assert.Equal(restored, Tree.Describe(target));
        Assert.Equal(target + "\n", Shell.Run("readlink", scratch["link"]));
    }

    [Fact]
    public async Task Creates_a_missing_target_only_when_asked_and_only_for_good()
    {
        var missing = Options with { Target = scratch["some/where"] };
        Assert.Equal(ExitCode.Volume, (await Fails(Source(), missing)).ExitCode);
        Assert.False(Path.Exists(scratch["some"]));
        var bad = new FakeSource(scratch["new"]) { Extracted = new ExtractedCounts(new RecordedCounts(0, 0, 0), true) };
        await Fails(bad, missing with { AllowMissingTarget = true });
        Assert.False(Path.Exists(scratch["some/where"]));
        await Run(Source(), missing with { AllowMissingTarget = true });
        Assert.Equal(restored, Tree.Describe(scratch["some/where"]));
    }
}
