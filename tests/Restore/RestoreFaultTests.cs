using BackupRunner.Reports;
using BackupRunner.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

/// <summary>Targets that cannot take a restore: each ends with exit code 6, a message that says why, and the data as it was.</summary>
public sealed class RestoreFaultTests : IDisposable
{
    readonly Scratch scratch = new();
    readonly Stack<IDisposable> mounts = new();
    readonly string target;

    public RestoreFaultTests()
    {
        target = scratch["target"];
        Tree.Make(scratch["new"], Tree.New);
    }

    public void Dispose()
    {
        while (mounts.TryPop(out var mount))
            mount.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public async Task Too_little_space_is_found_before()
    {
        Small("size=4m");
        var failure = await Untouched(Sized(8 << 20, 10));
        Assert.Contains("too little space", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--in-place", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_few_inodes_are_found_before()
    {
        Small("size=4m,nr_inodes=60");
        Assert.Contains("too few inodes", (await Untouched(Sized(10_000, 100))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kept_data_is_named_when_space_is_short()
    {
        Small("size=4m");
        Directory.CreateDirectory(Path.Combine(target, ".backup-restore", "kept", "x"));
        var failure = await Fails(Sized(8 << 20, 10));
        Assert.Contains(".backup-restore/kept", failure.Hint, StringComparison.Ordinal);
    }

    // The manifest's sizes were too small, or somebody else filled the disk: a real write fails in the middle.
    [Theory]
    [InlineData("size=3m", "head -c 10m /dev/zero > big")]
    [InlineData("size=3m,nr_inodes=80", "for i in $(seq 200); do : > f$i; done")]
    public async Task A_disk_that_fills_up_while_staging_is_emptied_of_the_staging(string options, string script)
    {
        Small(options);
        var failure = await Untouched(new WritingSource(script));
        Assert.Equal(ExitCode.Volume, failure.ExitCode);
        Assert.Contains("was not touched", failure.Hint, StringComparison.Ordinal);
        await new VolumeRestore(new RestoreOptions { Target = target }, RestoreHooks.None).Run(Source(), Cancel);
        Assert.Equal(Tree.Describe(scratch["new"]), Tree.Describe(target));
    }

    [Fact]
    public async Task In_place_restores_what_does_not_fit_beside_the_data()
    {
        Small("size=4m", "; head -c 2500k /dev/urandom > large; touch -d 2019-01-01 large");
        Tree.Make(scratch["large"], "head -c 3m /dev/urandom > large");
        Assert.Equal(ExitCode.Volume, (await Untouched(Sized(3 << 20, 10))).ExitCode);
        var source = new FakeSource(scratch["large"]) { Size = Sized(3 << 20, 10).Size };
        await new VolumeRestore(new RestoreOptions { Target = target, InPlace = true }, RestoreHooks.None).Run(source, Cancel);
        Assert.Equal(Tree.Describe(scratch["large"]), Tree.Describe(target));
    }

    [Fact]
    public async Task In_place_refuses_what_does_not_fit_at_all_before_it_empties()
    {
        Small("size=4m");
        Assert.Contains("enlarge", (await Untouched(Sized(5 << 20, 10), inPlace: true)).Hint, StringComparison.Ordinal);
        // A hard link from elsewhere, kept alive: emptying frees nothing.
        Shell.Bash($"cd {target}; mkdir lost+found; head -c 2500k /dev/urandom > large; ln large lost+found/large");
        Assert.Contains("enlarge", (await Untouched(Sized(3 << 20, 10), inPlace: true)).Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_place_with_a_disk_that_fills_up_is_incomplete_and_any_restore_mends_it()
    {
        Small("size=3m");
        var restore = new VolumeRestore(new RestoreOptions { Target = target, InPlace = true }, RestoreHooks.None);
        var failure = await Assert.ThrowsAsync<RunnerException>(() => restore.Run(new WritingSource("head -c 10m /dev/zero > big"), Cancel));
        Assert.Equal((ExitCode.Volume, true), (failure.ExitCode, failure.Message.Contains("is incomplete", StringComparison.Ordinal)));
        Assert.Equal(JournalPhase.Emptied, Assert.Single(UnfinishedRestore.Find(target)).Phase);
        Assert.NotNull(UnfinishedRestore.Refusal(target, UnfinishedRestore.Find(target)));
        var outcome = await new VolumeRestore(new RestoreOptions { Target = target }, RestoreHooks.None)
            .Run(new FakeSource(scratch["new"], FakeSource.SecondId), Cancel);
        Assert.Equal(SettledHow.Restarted, Assert.Single(outcome.Settled).How);
        Assert.Equal(Tree.Describe(scratch["new"]), Tree.Describe(target));
        Assert.Empty(UnfinishedRestore.Find(target));
    }

    [Fact]
    public async Task A_read_only_target_is_refused()
    {
        Tree.Make(scratch["data"], Tree.Old);
        mounts.Push(TemporaryMount.BindReadOnly(scratch["data"], target));
        Assert.Contains("read-only", (await Untouched(Source())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_that_is_a_file_is_refused()
    {
        scratch.File("target", "a file");
        Assert.Contains("not a directory", (await Fails(Source())).Message, StringComparison.Ordinal);
        Assert.Equal("a file", File.ReadAllText(target));
    }

    [Theory]
    [InlineData("mounted")]
    [InlineData("deep/er/mounted here")]
    public async Task A_mount_below_the_target_is_refused(string place)
    {
        Tree.Make(target, Tree.Old);
        Directory.CreateDirectory(Path.Combine(target, place));
        Shell.Bash($"mkdir '{scratch["other"]}'; echo other > '{scratch["other"]}/file'");
        mounts.Push(TemporaryMount.Bind(scratch["other"], Path.Combine(target, place)));
        Assert.Contains(place, (await Untouched(Source())).Message, StringComparison.Ordinal);
        Assert.Equal("other\n", File.ReadAllText(Path.Combine(scratch["other"], "file")));
    }

    [Theory]
    [InlineData("ln -s ELSEWHERE .backup-restore")]
    [InlineData("echo > .backup-restore")]
    [InlineData("mkdir .backup-restore; ln -s ELSEWHERE .backup-restore/" + FakeSource.FirstId)]
    public async Task Never_stages_through_a_link_that_somebody_left(string trap)
    {
        Tree.Make(target, Tree.Old);
        Tree.Make(scratch["elsewhere"], "echo precious > file");
        Shell.Bash($"cd {target}; {trap.Replace("ELSEWHERE", scratch["elsewhere"], StringComparison.Ordinal)}");
        var before = Tree.Entries(target);
        Assert.Equal(ExitCode.Volume, (await Fails(Source())).ExitCode);
        Assert.Equal(before, Tree.Entries(target));
        Assert.Equal("file\n", Shell.Run("ls", "-A", scratch["elsewhere"]));
    }

    // Old data that cannot be removed is no reason to call a good restore bad, or to refuse the next backup.
    [Fact]
    public async Task Old_data_that_cannot_be_removed_is_a_warning_and_goes_later()
    {
        Tree.Make(target, Tree.Old);
        Shell.Run("chattr", "+i", Path.Combine(target, "both", "deep", "er", "file"));
        var stuck = Path.Combine(target, ".backup-restore", FakeSource.FirstId, "gone", "both", "deep", "er", "file");
        // chattr stops a rename of the file, not of the directories above it.
        var outcome = await Restore(Source());
        Assert.Contains("\"file\"", Assert.Single(outcome.Warnings), StringComparison.Ordinal);
        Assert.True(File.Exists(stuck));
        Assert.False(File.Exists(Path.Combine(Path.GetDirectoryName(stuck)!, "..", "..", "..", "a")));
        Assert.Equal(Tree.Describe(scratch["new"], rootTime: false), Tree.Describe(target, rootTime: false));
        Assert.Empty(UnfinishedRestore.Find(target));
        Shell.Run("chattr", "-i", stuck);
        var resumed = await new VolumeRestore(new RestoreOptions { Target = target }, RestoreHooks.None)
            .Resume((_, _) => throw new NotSupportedException(), Cancel);
        Assert.Equal(SettledHow.Discarded, Assert.Single(resumed.Settled).How);
        Assert.False(Path.Exists(Path.Combine(target, ".backup-restore")));
    }

    [Fact]
    public async Task An_entry_that_cannot_be_moved_puts_all_back()
    {
        Tree.Make(target, Tree.Old);
        Shell.Run("chattr", "+i", Path.Combine(target, "turns"));
        var before = Tree.Describe(target);
        try
        {
            var failure = await Fails(Source());
            Assert.Contains("\"turns\"", failure.Message, StringComparison.Ordinal);
            Assert.Contains("put back", failure.Hint, StringComparison.Ordinal);
            Assert.Equal(before, Tree.Describe(target));
        }
        finally
        {
            Shell.Run("chattr", "-i", Path.Combine(target, "turns"));
        }
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    FakeSource Source() => new(scratch["new"]);

    FakeSource Sized(long bytes, long inodes) => new(scratch["new"]) { Size = new RestoreSize(bytes, inodes, null) };

    Task<RestoreOutcome> Restore(IRestoreSource source) =>
        new VolumeRestore(new RestoreOptions { Target = target }, RestoreHooks.None).Run(source, TestContext.Current.CancellationToken);

    void Small(string options, string more = "")
    {
        mounts.Push(TemporaryMount.Memory(target, options));
        Tree.Make(target, Tree.Old + more);
    }

    Task<RunnerException> Fails(IRestoreSource source, bool inPlace = false) => Assert.ThrowsAsync<RunnerException>(
        () => new VolumeRestore(new RestoreOptions { Target = target, InPlace = inPlace }, RestoreHooks.None).Run(source, Cancel));

    async Task<RunnerException> Untouched(IRestoreSource source, bool inPlace = false)
    {
        var before = Tree.Describe(target);
        var failure = await Fails(source, inPlace);
        Assert.Equal(ExitCode.Volume, failure.ExitCode);
        Assert.Equal(before, Tree.Describe(target));
        Assert.False(Path.Exists(Path.Combine(target, ".backup-restore")));
        return failure;
    }
}
