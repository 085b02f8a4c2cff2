using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>
/// The two ends of a restore whose journal is armed: the new data is accepted, or the old is put back. Either may be stopped anywhere and
/// begun again; neither is given up for a signal to stop. The journal goes before what it is about is removed; a directory without a journal is only rubbish, which the next
/// restore removes.
/// </summary>
sealed class Conclusion(RestoreRun run, JournalFile file)
{
    Journal Journal => file.Journal;

    IVolume Volume => run.Volume;

    /// <summary>Checks the health of the new data and accepts it, or puts the old data back.</summary>
    /// <exception cref="RunnerException">Unhealthy (3), or stopped while the check ran (143).</exception>
    public async Task Check(CancellationToken cancel)
    {
        if (!Journal.Undo)
        {
            await Accept(CancellationToken.None);
            if (await Unhealthy(cancel) is { } failure)
                throw Report(failure, "the restored data stays, the old data is removed (restore.undo is false)");
        }
        else if (await Unhealthy(cancel) is not { } failure)
        {
            await Accept(CancellationToken.None);
        }
        else if (Journal.InPlace)
        {
            await Accept(CancellationToken.None);
            throw Report(failure, "the restored data stays, an in-place restore keeps no old data");
        }
        else
        {
            await Undo(CancellationToken.None);
            throw Report(failure, "the old data is back in its place");
        }
    }

    /// <summary>The new data counts: removes the old, or keeps it, and every trace of the restore.</summary>
    public async Task Accept(CancellationToken cancel)
    {
        if (Journal.Phase != JournalPhase.Accepted)
            await run.Before(DestructiveStep.RemoveOld, cancel);
        run.Leave(DataState.Restored);
        var closed = run.Try("the data is restored, but \"restore --resume\" must finish before the next backup", () =>
        {
            if (Journal.Phase != JournalPhase.Accepted)
                file.Enter(JournalPhase.Accepted);
            if (Journal.KeepOldData)
                KeptData.KeepOld(run, Journal.Id);
            KeptData.KeepAside(run, Journal.Id);
            Discard.MarkGone(Volume, Journal.Id);
            file.Remove();
        });
        if (closed)
            Discard.Remove(run, Journal.Id);
    }

    /// <summary>Puts the old data and the root's attributes back and removes the staged data.</summary>
    /// <exception cref="RunnerException">It cannot be put back now; the journal stays (6).</exception>
    public async Task Undo(CancellationToken cancel)
    {
        await run.Before(DestructiveStep.Undo, cancel);
        try
        {
            // While a later record may be on the disk, what is done must not contradict it.
            if (Journal.Phase != JournalPhase.Undoing && (Journal.Phase != JournalPhase.Armed || file.InDoubt))
                file.Enter(JournalPhase.Undoing);
            new Swap(Volume, Journal.Id).PutBack(Journal);
        }
        catch (RunnerException failure)
        {
            throw new RunnerException(failure.ExitCode,
                $"the old data of \"{Volume.Path}\" could not all be put back: {failure.Message}",
                $"nothing is lost: what is not in its place is in \"{Path.Combine(Volume.Path, RestoreLayout.Old(Journal.Id))}\";"
                    + " remove the cause, then run \"restore --resume\"", failure);
        }
        run.Leave(DataState.RolledBack);
        run.Say($"put the old data back, as before the restore of {Journal.Id}");
        var closed = run.Try("the old data is back, but \"restore --resume\" must finish before the next backup", () =>
        {
            KeptData.KeepAside(run, Journal.Id);
            file.Remove();
        });
        if (closed)
            Discard.Remove(run, Journal.Id);
    }

    async Task<RunnerException?> Unhealthy(CancellationToken cancel)
    {
        if (run.Health is null)
            return null;
        run.Say("checking the health of the restored data");
        try
        {
            await run.Health(cancel);
            return null;
        }
        catch (RunnerException failure)
        {
            return failure;
        }
        catch (OperationCanceledException stopped)
        {
            throw new RunnerException(ExitCode.Stopped, $"stopped while the health of the restored data in \"{Volume.Path}\" was checked",
                Journal.Phase == JournalPhase.Accepted
                    ? "the restored data is in place"
                    : "old and new data are both there; \"restore --resume\" checks again, then finishes or puts the old data back", stopped);
        }
    }

    RunnerException Report(RunnerException failure, string state) => new(
        ExitCode.Command, $"the data of {Journal.Id} in \"{Volume.Path}\" is not healthy: {failure.Message}",
        failure.Hint is null ? state : $"{state}; {failure.Hint}", failure);
}
