using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>
/// The restore for a volume that cannot hold both: verifies, empties, then extracts. Up to the record <c>emptied</c> it can be undone;
/// from there on only a restore makes the volume whole, this one begun again or another. The backup is extracted beside the root here
/// too, and moves in only when it is whole: the root is empty or right, never in between.
/// </summary>
sealed class InPlaceRestore(RestoreRun run, RestoreOptions options, IRestoreSource source)
{
    IVolume Volume => run.Volume;

    public async Task Restore(CancellationToken cancel)
    {
        Preflight.RoomInPlace(Volume, source.Size, cancel);
        run.Say("verifying");
        await source.Verify(cancel);
        await run.Before(DestructiveStep.Empty, cancel);
        await Refill(await Empty(cancel), cancel);
    }

    /// <summary>Begins again where an earlier in-place restore has emptied the volume, with its backup or with another.</summary>
    public async Task Restart(JournalFile earlier, CancellationToken cancel)
    {
        run.Say("verifying");
        await source.Verify(cancel);
        await run.Before(DestructiveStep.Empty, cancel);
        // Its remains may fill the disk.
        Volume.RemoveTree(RestoreLayout.Old(earlier.Journal.Id), cancel);
        Volume.RemoveTree(RestoreLayout.New(earlier.Journal.Id), cancel);
        Preflight.RoomInPlace(Volume, source.Size, cancel);
        await Refill(earlier.Journal.Id == source.Id ? earlier : Supersede(earlier.Journal), cancel);
    }

    async Task<JournalFile> Empty(CancellationToken cancel)
    {
        JournalFile file;
        try
        {
            RestoreFolder.Make(Volume);
            Volume.MakeDirectory(RestoreLayout.Of(source.Id));
            Volume.MakeDirectory(RestoreLayout.Old(source.Id));
            file = JournalFile.Create(Volume, Begin(Volume.ReadAttributes(RestoreLayout.Root), supersedes: null, JournalPhase.Armed));
        }
        catch (Exception failure)
        {
            Discard.Remove(run, source.Id);
            throw Untouched.Report(Volume, failure, "was not touched");
        }
        run.Leave(DataState.Unsettled);
        try
        {
            new Swap(Volume, source.Id).Empty(file.Journal);
            cancel.ThrowIfCancellationRequested();
            file.Enter(JournalPhase.Emptied);
            return file;
        }
        catch (Exception failure)
        {
            await new Conclusion(run, file).Undo(CancellationToken.None);
            throw Untouched.Report(Volume, failure, "was put back as it was");
        }
    }

    // The earlier mark goes only when ours is on the disk: the volume is never without one.
    JournalFile Supersede(Journal earlier)
    {
        Volume.MakeDirectory(RestoreLayout.Of(source.Id));
        var file = JournalFile.Create(Volume, Begin(earlier.OldRoot, earlier.Id, JournalPhase.Emptied));
        Superseded(run, earlier.Id);
        return file;
    }

    /// <summary>Removes an in-place restore that another has replaced.</summary>
    public static void Superseded(RestoreRun run, BackupId id)
    {
        if (!run.Volume.DirectoryExists(RestoreLayout.Of(id)))
            return;
        run.Volume.RemoveFile(RestoreLayout.Journal(id));
        run.Volume.Sync(RestoreLayout.Of(id));
        run.Volume.RemoveTree(RestoreLayout.Of(id), CancellationToken.None);
    }

    Journal Begin(DirectoryAttributes root, BackupId? supersedes, JournalPhase phase) => new(
        source.Id, InPlace: true, KeepOldData: false, options.Undo, supersedes, root, NewRoot: null,
        phase == JournalPhase.Armed ? Swap.Names(Volume, RestoreLayout.Root) : [], [], phase);

    async Task Refill(JournalFile file, CancellationToken cancel)
    {
        try
        {
            // Also what an earlier, broken try left there.
            Volume.RemoveTree(RestoreLayout.Old(source.Id), cancel);
            Volume.RemoveTree(RestoreLayout.New(source.Id), cancel);
            run.Say("emptied");
            var staged = await Staging.Stage(run, source, file.Journal.OldRoot, cancel);
            file.Fill(file.Journal with { NewNames = staged.Names, NewRoot = staged.Root });
        }
        catch (Exception failure)
        {
            throw Incomplete(Volume, failure);
        }
        await BringIn(run, file, cancel);
    }

    /// <summary>Moves a backup that is whole into the root; from its record on this needs no source.</summary>
    public static async Task BringIn(RestoreRun run, JournalFile file, CancellationToken cancel)
    {
        try
        {
            await run.Before(DestructiveStep.Swap, cancel);
            var refused = new Swap(run.Volume, file.Journal.Id).BringInRest(file.Journal);
            await run.Before(DestructiveStep.Commit, cancel);
            file.Enter(JournalPhase.Committed);
            if (refused.Count > 0)
                run.Warn($"this user may not give \"{run.Volume.Path}\" itself its {string.Join(", ", refused)}: it keeps what it has");
        }
        catch (Exception failure)
        {
            throw Incomplete(run.Volume, failure);
        }
        run.Say("swapped");
        await new Conclusion(run, file).Check(cancel);
    }

    static Exception Incomplete(IVolume volume, Exception failure) => failure switch
    {
        RunnerException known => new RunnerException(known.ExitCode, $"\"{volume.Path}\" is incomplete: {known.Message}", Hint(known.Hint), known),
        OperationCanceledException stopped => new RunnerException(
            ExitCode.Stopped, $"\"{volume.Path}\" is incomplete: the restore was stopped", Hint(null), stopped),
        _ => failure,
    };

    static string Hint(string? known) => (known is null ? "" : known + "; ")
        + "\"restore --resume\", or any other restore, makes it whole; until then no backup is made of it";
}
