using BackupRunner.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

/// <summary>A target with old data, and a backup of other data for it.</summary>
public abstract class OntoOldData : IDisposable
{
    private protected readonly Scratch scratch = new();
    private protected readonly List<string> said = [];
    private protected readonly string target;
    private protected readonly string old;
    private protected readonly string restored;

    protected OntoOldData()
    {
        target = scratch["target"];
        Tree.Make(target, Tree.Old);
        Tree.Make(scratch["new"], Tree.New);
        (old, restored) = (Tree.Describe(target), Tree.Describe(scratch["new"]));
    }

    public void Dispose()
    {
        scratch.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected RestoreOptions Options => new() { Target = target };

    private protected RestoreHooks Hooks => new() { Progress = said.Add };

    private protected FakeSource Source() => new(scratch["new"]);

    private protected Task<RestoreOutcome> Run(FakeSource source, RestoreOptions? options = null, RestoreHooks? hooks = null, CancellationToken? cancel = null) =>
        new VolumeRestore(options ?? Options, hooks ?? Hooks).Run(source, cancel ?? Cancel);

    private protected Task<RunnerException> Fails(FakeSource source, RestoreOptions? options = null, RestoreHooks? hooks = null, CancellationToken? cancel = null) =>
        Assert.ThrowsAsync<RunnerException>(() => Run(source, options, hooks, cancel));

    private protected Task<RestoreOutcome> Resume(RestoreHooks hooks) => new VolumeRestore(Options, hooks)
        .Resume((id, _) => Task.FromResult<IRestoreSource>(new FakeSource(scratch["new"], id.Text)), Cancel);

    private protected string Kept(string name) => Path.Combine(target, ".backup-restore", "kept", name);

    private protected void Unchanged()
    {
        Assert.Equal(old, Tree.Describe(target));
        Assert.False(Path.Exists(Path.Combine(target, ".backup-restore")));
    }
}
