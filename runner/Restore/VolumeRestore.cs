using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>
/// Puts the data of a backup in the place of what is in a directory, so that at every moment, and after a kill at any moment, either the
/// old or the new data is whole on the volume and the next run knows which (an in-place restore aside, which says so in its journal).
/// Nothing that another process made in the directory is removed.
/// </summary>
/// <param name="open">Opens the target's volume: <see cref="Volume.Open(string)"/>.</param>
public sealed class VolumeRestore(RestoreOptions options, RestoreHooks hooks, Func<string, IVolume> open)
{
    public VolumeRestore(RestoreOptions options, RestoreHooks hooks) : this(options, hooks, Volume.Open)
    {
    }

    /// <summary>Settles what earlier restores left half-way, then restores.</summary>
    /// <exception cref="RunnerException">
    /// 2: options that contradict each other. 3: the restored data is not healthy; by the message it was undone or stays. 6: the target
    /// cannot take it, untouched or put back unless the message says otherwise. 7: another restore works on it. What the source throws.
    /// </exception>
    public async Task<RestoreOutcome> Run(IRestoreSource source, CancellationToken cancel)
    {
        CheckOptions();
        var created = CreateTarget();
        try
        {
            using var volume = open(options.Target);
            var run = new RestoreRun(volume, hooks);
            await Restore(run, source, cancel);
            return run.Outcome(source.Id);
        }
        catch when (created && RemoveTarget())
        {
            throw;
        }
    }

    /// <summary>Settles what an earlier restore left half-way; nothing to do is a result as any other, with no one settled.</summary>
    /// <param name="find">Gives the backup that an in-place restore needs again.</param>
    /// <exception cref="RunnerException">As <see cref="Run"/>.</exception>
    public async Task<RestoreOutcome> Resume(Func<BackupId, CancellationToken, Task<IRestoreSource>> find, CancellationToken cancel)
    {
        using var volume = open(options.Target);
        var run = new RestoreRun(volume, hooks);
        if (await Settling.Settle(run, cancel) is not { } again)
            return run.Outcome(null);
        run.Say($"the in-place restore of {again.Journal.Id} begins again");
        run.Settled.Add(new SettledRestore(again.Journal.Id, SettledHow.Restarted));
        await new InPlaceRestore(run, options, await find(again.Journal.Id, cancel)).Restart(again, cancel);
        return run.Outcome(again.Journal.Id);
    }

    async Task Restore(RestoreRun run, IRestoreSource source, CancellationToken cancel)
    {
        var again = await SettleEarlier(run, cancel);
        // What an earlier restore has put in place is what there was before this one.
        if (run.State == DataState.Restored)
            run.Leave(DataState.Untouched);
        Preflight.Target(run.Volume);
        if (again is not null)
        {
            run.Say($"the in-place restore of {again.Journal.Id} gives way to this one");
            run.Settled.Add(new SettledRestore(again.Journal.Id, SettledHow.Restarted));
            await new InPlaceRestore(run, options, source).Restart(again, cancel);
        }
        else if (options.InPlace)
        {
            await new InPlaceRestore(run, options, source).Restore(cancel);
        }
        else
        {
            await new StagedRestore(run, options, source).Restore(cancel);
        }
    }

    // That the data of an earlier restore is not healthy is no reason not to restore another: perhaps the very reason to.
    static async Task<JournalFile?> SettleEarlier(RestoreRun run, CancellationToken cancel)
    {
        for (var left = Settling.Find(run.Volume).Count; ; left--)
        {
            try
            {
                return await Settling.Settle(run, cancel);
            }
            catch (RunnerException unhealthy) when (unhealthy.ExitCode == ExitCode.Command && left > 0)
            {
                run.Warn(unhealthy.Message);
            }
        }
    }

    void CheckOptions()
    {
        if (options.KeepOldData && options.InPlace)
            throw new RunnerException(ExitCode.Usage, "an in-place restore cannot keep the old data", "leave out keepOldData or --in-place");
        if (options.KeepOldData && !options.Undo)
            throw new RunnerException(ExitCode.Usage, "restore.undo false removes the old data, restore.keepOldData keeps it", "set one of them");
    }

    bool CreateTarget()
    {
        if (!options.AllowMissingTarget || Path.Exists(options.Target))
            return false;
        try
        {
            Directory.CreateDirectory(options.Target);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Volume, $"cannot create the target \"{options.Target}\": {failure.Message}", null, failure);
        }
    }

    // Only while it is as empty as it was made; always false, so that the failure goes on as it is.
    bool RemoveTarget()
    {
        try
        {
            Directory.Delete(options.Target);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
        return false;
    }
}
