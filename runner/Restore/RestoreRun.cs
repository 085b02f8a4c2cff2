using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>One run on one open volume: what it calls and what it collects.</summary>
sealed class RestoreRun(IVolume volume, RestoreHooks hooks)
{
    public IVolume Volume => volume;

    public Func<CancellationToken, Task>? Health => hooks.Health;

    public List<SettledRestore> Settled { get; } = [];

    public List<string> Kept { get; } = [];

    public List<string> Warnings { get; } = [];

    /// <summary>What the run would leave if it ended now.</summary>
    public DataState State { get; private set; } = DataState.Untouched;

    public void Leave(DataState state)
    {
        State = state;
        hooks.Leaves?.Invoke(state);
    }

    public void Say(string line) => hooks.Progress?.Invoke(line);

    /// <summary>Is also said at once: a run that fails in the end has no outcome to hold it.</summary>
    public void Warn(string warning)
    {
        Warnings.Add(warning);
        Say("warning: " + warning);
    }

    public void Keep(string path)
    {
        Kept.Add(path);
        Say($"kept \"{path}\"");
    }

    public Task Before(DestructiveStep step, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return hooks.Before?.Invoke(step, cancel) ?? Task.CompletedTask;
    }

    /// <summary>Does what a good restore can do without: its failure is a warning.</summary>
    public bool Try(string consequence, Action clean)
    {
        try
        {
            clean();
            return true;
        }
        catch (RunnerException failure)
        {
            Warn($"{failure.Message}: {consequence}");
            return false;
        }
    }

    public RestoreOutcome Outcome(Names.BackupId? restored) => new(restored, Settled, Kept, Warnings);
}
