using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>The restore that has a way back: staged beside the data, then swapped by renames.</summary>
sealed class StagedRestore(RestoreRun run, RestoreOptions options, IRestoreSource source)
{
    IVolume Volume => run.Volume;

    public async Task Restore(CancellationToken cancel)
    {
        Preflight.RoomToStage(Volume, source.Size);
        var file = await Prepare(cancel);
        run.Leave(DataState.Unsettled);
        var conclusion = new Conclusion(run, file);
        try
        {
            await Exchange(file, cancel);
        }
        catch (Exception failure)
        {
            await conclusion.Undo(CancellationToken.None);
            throw Untouched.Report(Volume, failure, "was put back as it was");
        }
        run.Say("swapped");
        await conclusion.Check(cancel);
    }

    // Up to the journal nothing but our own directory is touched, and that goes again whatever happens.
    async Task<JournalFile> Prepare(CancellationToken cancel)
    {
        try
        {
            await run.Before(DestructiveStep.Stage, cancel);
            RestoreFolder.Make(Volume);
            Volume.MakeDirectory(RestoreLayout.Of(source.Id));
            var root = Volume.ReadAttributes(RestoreLayout.Root);
            var staged = await Staging.Stage(run, source, root, cancel);
            await run.Before(DestructiveStep.Swap, cancel);
            return JournalFile.Create(Volume, new Journal(source.Id, InPlace: false, options.KeepOldData, options.Undo, Supersedes: null,
                root, staged.Root, Swap.Names(Volume, RestoreLayout.Root), staged.Names, JournalPhase.Armed));
        }
        catch (Exception failure)
        {
            Discard.Remove(run, source.Id);
            throw Untouched.Report(Volume, failure, "was not touched");
        }
    }

    async Task Exchange(JournalFile file, CancellationToken cancel)
    {
        var swap = new Swap(Volume, source.Id);
        swap.Empty(file.Journal);
        var refused = swap.BringIn(file.Journal);
        await run.Before(DestructiveStep.Commit, cancel);
        file.Enter(JournalPhase.Committed);
        if (refused.Count > 0)
            run.Warn($"this user may not give \"{Volume.Path}\" itself its {string.Join(", ", refused)}: it keeps what it has");
    }
}

/// <summary>Failures of a restore that has changed nothing, or nothing for good, and says so.</summary>
static class Untouched
{
    public static Exception Report(IVolume volume, Exception failure, string state) => failure switch
    {
        RunnerException { Hint: null } known => new RunnerException(known.ExitCode, known.Message, $"the target \"{volume.Path}\" {state}", known),
        RunnerException known => new RunnerException(known.ExitCode, known.Message, $"{known.Hint}; the target \"{volume.Path}\" {state}", known),
        OperationCanceledException stopped => new RunnerException(ExitCode.Stopped, "the restore was stopped", $"the target \"{volume.Path}\" {state}", stopped),
        _ => failure,
    };
}
