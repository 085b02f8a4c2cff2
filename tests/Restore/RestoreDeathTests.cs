using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

/// <summary>
/// Every restore is killed before each of its changes, and again while the next run settles it, and fails at each of them: what is on the
/// volume in the end is the old tree or the new one, and while nobody has settled it the journal says that it is neither.
/// </summary>
public sealed class RestoreDeathTests : IDisposable
{
    readonly Scratch scratch = new("/dev/shm");
    readonly string old;
    readonly string restored;

    public RestoreDeathTests()
    {
        old = Described("old", Tree.Old);
        restored = Described("new", Tree.New);
        Tree.Make(scratch["next"], "printf next > next; touch -d 2020-01-01 .");
        Shell.Bash($"cp -a {scratch["old"]} {scratch["volume"]}; mkdir {scratch["volume"]}/lost+found; printf found > {scratch["volume"]}/lost+found/file");
    }

    public void Dispose() => scratch.Dispose();

    public static TheoryData<string> Variants => new("staged", "keep", "no undo", "unhealthy", "in place", "in place unhealthy", "onto in place");

    [Theory, MemberData(nameof(Variants))]
    public async Task Settles_after_a_kill_before_each_change(string variant)
    {
        var changes = await Run(variant, int.MaxValue, () => new Died());
        Assert.InRange(changes, 20, 200);
        for (var change = 1; change <= changes; change++)
        {
            var target = Target(variant);
            await Run(variant, change, () => new Died(), target);
            CheckUnsettled(target, variant, change);
            await Resume(variant, target, int.MaxValue);
            CheckSettled(target, variant, change);
            Shell.Run("rm", "-rf", target);
        }
    }

    [Theory, MemberData(nameof(Variants))]
    public async Task Settles_after_a_second_kill_while_settling(string variant)
    {
        var changes = await Run(variant, int.MaxValue, () => new Died());
        var random = new Random(variant.Length);
        for (var change = 1; change <= changes; change += random.Next(2, 6))
        {
            for (var second = random.Next(1, 4); ; second += random.Next(3, 12))
            {
                var target = Target(variant);
                await Run(variant, change, () => new Died(), target);
                var done = await Resume(variant, target, second);
                CheckUnsettled(target, variant, change);
                await Resume(variant, target, int.MaxValue);
                CheckSettled(target, variant, change);
                Shell.Run("rm", "-rf", target);
                if (done)
                    break;
            }
        }
    }

    [Theory, MemberData(nameof(Variants))]
    public async Task Settles_after_one_failure_at_each_change(string variant)
    {
        var changes = await Run(variant, int.MaxValue, () => new Died());
        for (var change = 1; change <= changes; change++)
        {
            var target = Target(variant);
            await Run(variant, change, () => new RunnerException(ExitCode.Volume, "no space left on device (injected)"), target);
            CheckUnsettled(target, variant, change);
            await Resume(variant, target, int.MaxValue);
            CheckSettled(target, variant, change);
            Shell.Run("rm", "-rf", target);
        }
    }

    // Above all: a record that was written, but not known to be, must not contradict what was done afterwards.
    [Theory, InlineData("staged"), InlineData("unhealthy"), InlineData("in place")]
    public async Task Settles_after_a_record_that_failed_and_a_kill_while_undoing(string variant)
    {
        var records = new List<int>();
        await Run(variant, int.MaxValue, () => new Died(), watch: (change, what) => { if (what.Contains("/journal", StringComparison.Ordinal)) records.Add(change); });
        foreach (var record in records)
        {
            var died = true;
            for (var second = record + 1; died; second++)
            {
                var target = Target(variant);
                died = await Run(variant, record, () => new RunnerException(ExitCode.Volume, "injected"), target, second) == second;
                CheckUnsettled(target, variant, record);
                await Resume(variant, target, int.MaxValue);
                CheckSettled(target, variant, record);
                Shell.Run("rm", "-rf", target);
            }
        }
    }

    [Theory, MemberData(nameof(Variants))]
    public async Task The_next_restore_settles_too(string variant)
    {
        var changes = await Run(variant, int.MaxValue, () => new Died());
        for (var change = 1; change <= changes; change += 2)
        {
            var target = Target(variant);
            await Run(variant, change, () => new Died(), target);
            var next = new VolumeRestore(new RestoreOptions { Target = target }, RestoreHooks.None);
            await next.Run(new FakeSource(scratch["next"], FakeSource.SecondId), Cancel);
            Assert.Equal(Tree.Describe(scratch["next"]), Tree.Describe(target));
            Assert.Empty(UnfinishedRestore.Find(target));
            CheckRest(target, variant);
            Shell.Run("rm", "-rf", target);
        }
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static RestoreOptions Options(string variant, string target) => new()
    {
        Target = target,
        InPlace = variant.Contains("in place", StringComparison.Ordinal),
        KeepOldData = variant == "keep",
        Undo = variant != "no undo",
    };

    string Described(string name, string script)
    {
        Tree.Make(scratch[name], script);
        return Tree.Describe(scratch[name], rootTime: false);
    }

    // With what a volume has besides, and, for one variant, with an in-place restore of another backup that was killed half-way.
    string Target(string variant)
    {
        var target = scratch["target"];
        Tree.Copy(scratch["volume"], target);
        if (variant == "onto in place")
            HalfInPlace(target).GetAwaiter().GetResult();
        return target;
    }

    async Task HalfInPlace(string target)
    {
        var died = false;
        var restore = new VolumeRestore(new RestoreOptions { Target = target, InPlace = true }, RestoreHooks.None);
        var source = new FakeSource(scratch["new"], "20261121t020000z-cccccc") { Step = () => throw new Died() };
        try
        {
            await restore.Run(source, Cancel);
        }
        catch (Died)
        {
            died = true;
        }
        Assert.True(died && UnfinishedRestore.Find(target).Single().Phase == JournalPhase.Emptied);
    }

    async Task<int> Run(string variant, int failAt, Func<Exception> failure, string? target = null, int dieAt = int.MaxValue, Action<int, string>? watch = null)
    {
        BrokenVolume? broken = null;
        var own = target ?? Target(variant);
        try
        {
            var hooks = new RestoreHooks { Health = variant.Contains("unhealthy", StringComparison.Ordinal) ? Sick : _ => Healthy(broken!) };
            var restore = new VolumeRestore(Options(variant, own), hooks, path => broken = new BrokenVolume(Volume.Open(path), failAt, failure) { DieAt = dieAt, Watch = watch });
            await restore.Run(new FakeSource(scratch["new"]) { Step = () => broken!.Step("extract") }, Cancel);
        }
        catch (Exception expected) when (expected is Died or RunnerException)
        {
        }
        if (target is null)
            Shell.Run("rm", "-rf", own);
        return broken!.Changes;
    }

    async Task<bool> Resume(string variant, string target, int dieAt)
    {
        try
        {
            BrokenVolume? broken = null;
            var hooks = new RestoreHooks { Health = variant.Contains("unhealthy", StringComparison.Ordinal) ? Sick : null };
            var restore = new VolumeRestore(Options(variant, target), hooks, path => broken = BrokenVolume.DyingAt(Volume.Open(path), dieAt));
            await restore.Resume((id, _) => Task.FromResult<IRestoreSource>(new FakeSource(scratch["new"], id.Text)), Cancel);
            return broken!.Changes < dieAt;
        }
        catch (RunnerException unhealthy) when (unhealthy.ExitCode == ExitCode.Command)
        {
            return true;
        }
        catch (Died)
        {
            return false;
        }
    }

    static Task Healthy(BrokenVolume broken)
    {
        broken.Step("health");
        return Task.CompletedTask;
    }

    static Task Sick(CancellationToken cancel) => throw new RunnerException(ExitCode.Command, "it does not answer");

    // Nobody may take a volume for whole that is not: without a journal it is one of the two.
    void CheckUnsettled(string target, string variant, int change)
    {
        if (UnfinishedRestore.Find(target).Count == 0)
            CheckTree(target, $"{variant}, unsettled after change {change}");
    }

    void CheckSettled(string target, string variant, int change)
    {
        Assert.Empty(UnfinishedRestore.Find(target));
        CheckTree(target, $"{variant}, settled after change {change}");
        CheckRest(target, variant);
    }

    void CheckTree(string target, string when)
    {
        var now = Tree.Describe(target, rootTime: false);
        Assert.True(now == old || now == restored, $"{when}: neither the old tree nor the new one: {Shell.Run("find", target, "-printf", "%P %y %m %U:%G %T@\\n")}{now}");
        Assert.Equal("found", File.ReadAllText(Path.Combine(target, "lost+found", "file")));
    }

    // Nothing is left but old data that was to be kept, and that is whole.
    void CheckRest(string target, string variant)
    {
        var kept = Path.Combine(target, ".backup-restore", "kept");
        if (!Directory.Exists(Path.Combine(target, ".backup-restore")))
            return;
        Assert.Equal("keep", variant);
        Assert.Equal(BackupId.Parse(FakeSource.FirstId) + "-old\n", Shell.Run("ls", "-A", kept));
        Assert.Equal("kept\n", Shell.Run("ls", "-A", Path.Combine(target, ".backup-restore")));
        Assert.Equal(Tree.Entries(scratch["old"]), Tree.Entries(Path.Combine(kept, FakeSource.FirstId + "-old")));
    }

}
