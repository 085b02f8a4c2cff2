using BackupRunner.Reports;
using BackupRunner.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

/// <summary>What a restore says it leaves is what is on the volume: at every failure, and at every end.</summary>
public sealed class DataStateTests : IDisposable
{
    readonly Scratch scratch = new("/dev/shm");
    readonly string old;
    readonly string restored;

    public DataStateTests()
    {
        old = Described("old", Tree.Old);
        restored = Described("new", Tree.New);
    }

    public void Dispose() => scratch.Dispose();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("staged")]
    [InlineData("unhealthy")]
    [InlineData("no undo")]
    [InlineData("in place")]
    public async Task One_failure_anywhere(string variant)
    {
        var seen = new HashSet<DataState>();
        for (var change = 1; ; change++)
        {
            var (state, changes) = await Run(variant, change, DestructiveStep.Stage);
            if (changes < change)
                break;
            seen.Add(state);
            Check(state, $"{variant}, failed at change {change}");
            Shell.Run("rm", "-rf", scratch["target"]);
        }
        Assert.Contains(DataState.Untouched, seen);
        Assert.Contains(variant == "in place" ? DataState.Unsettled : variant == "unhealthy" ? DataState.RolledBack : DataState.Restored, seen);
    }

    [Theory]
    [InlineData("staged", DataState.Restored)]
    [InlineData("unhealthy", DataState.RolledBack)]
    [InlineData("no undo unhealthy", DataState.Restored)]
    [InlineData("in place", DataState.Restored)]
    [InlineData("in place unhealthy", DataState.Restored)]
    public async Task Without_a_failure(string variant, DataState left)
    {
        var (state, _) = await Run(variant, int.MaxValue, DestructiveStep.Stage);
        Assert.Equal(left, state);
        Check(state, variant);
    }

    [Theory]
    [InlineData(DestructiveStep.Swap, DataState.Untouched)]
    [InlineData(DestructiveStep.Commit, DataState.RolledBack)]
    [InlineData(DestructiveStep.RemoveOld, DataState.Unsettled)]
    public async Task Stopped_before_a_step(DestructiveStep step, DataState left)
    {
        var (state, _) = await Run("staged", int.MaxValue, step);
        Assert.Equal(left, state);
        Check(state, $"stopped before {step}");
    }

    [Fact]
    public async Task Old_data_that_cannot_be_put_back_is_unsettled_until_it_is()
    {
        var (state, _) = await Run("unhealthy", int.MaxValue, DestructiveStep.Undo);
        Assert.Equal(DataState.Unsettled, state);
        Check(state, "not put back");
        Assert.Equal(DataState.RolledBack, await Resume(Sick));
        Check(DataState.RolledBack, "resumed");
        Assert.Equal(DataState.Untouched, await Resume(Sick));
    }

    [Fact]
    public async Task What_an_earlier_restore_has_put_in_place_is_untouched_by_one_that_comes_to_nothing()
    {
        await Run("staged", int.MaxValue, DestructiveStep.RemoveOld);
        DataState? state = null;
        var restore = new VolumeRestore(new RestoreOptions { Target = scratch["target"] }, new RestoreHooks { Leaves = left => state = left });
        var huge = new FakeSource(scratch["new"], FakeSource.SecondId) { Size = new RestoreSize(long.MaxValue / 2, 1, null) };

        Assert.Contains("too little space", (await Assert.ThrowsAsync<RunnerException>(() => restore.Run(huge, Cancel))).Message, StringComparison.Ordinal);

        Assert.Equal(DataState.Untouched, state);
        Assert.Equal(restored, Tree.Describe(scratch["target"], rootTime: false));
    }

    string Described(string name, string script)
    {
        Tree.Make(scratch[name], script);
        return Tree.Describe(scratch[name], rootTime: false);
    }

    /// <param name="stopBefore">A step before which the run is told that it may not; <see cref="DestructiveStep.Stage"/>: none.</param>
    async Task<(DataState State, int Changes)> Run(string variant, int failAt, DestructiveStep stopBefore)
    {
        Tree.Copy(scratch["old"], scratch["target"]);
        BrokenVolume? broken = null;
        var state = DataState.Untouched;
        var hooks = new RestoreHooks
        {
            Leaves = left => state = left,
            Health = variant.EndsWith("unhealthy", StringComparison.Ordinal) ? Sick : null,
            Before = (step, _) => step == stopBefore && step != DestructiveStep.Stage ? throw new RunnerException(ExitCode.Locked, "the lease is lost") : Task.CompletedTask,
        };
        var options = new RestoreOptions
        {
            Target = scratch["target"],
            InPlace = variant.StartsWith("in place", StringComparison.Ordinal),
            Undo = !variant.StartsWith("no undo", StringComparison.Ordinal),
        };
        var restore = new VolumeRestore(
            options, hooks, path => broken = new BrokenVolume(Volume.Open(path), failAt, () => new RunnerException(ExitCode.Volume, "no space left on device (injected)")));
        try
        {
            await restore.Run(new FakeSource(scratch["new"]) { Step = () => broken!.Step("extract") }, Cancel);
        }
        catch (RunnerException)
        {
        }
        return (state, broken!.Changes);
    }

    async Task<DataState> Resume(Func<CancellationToken, Task> health)
    {
        var state = DataState.Untouched;
        var restore = new VolumeRestore(new RestoreOptions { Target = scratch["target"] }, new RestoreHooks { Health = health, Leaves = left => state = left });
        try
        {
            await restore.Resume((_, _) => throw new InvalidOperationException("nothing is in place"), Cancel);
        }
        catch (RunnerException unhealthy) when (unhealthy.ExitCode == ExitCode.Command)
        {
        }
        return state;
    }

    static Task Sick(CancellationToken cancel) => throw new RunnerException(ExitCode.Command, "it does not answer");

    void Check(DataState state, string when)
    {
        var now = Tree.Describe(scratch["target"], rootTime: false);
        var unfinished = UnfinishedRestore.Find(scratch["target"]);
        var isSo = state switch
        {
            DataState.Untouched or DataState.RolledBack => now == old,
            DataState.Restored => now == restored,
            _ => unfinished.Count == 1,
        };
        Assert.True(isSo, $"{when}: it says {state}, journal {unfinished.FirstOrDefault()?.Phase}:\n{now}");
    }
}
