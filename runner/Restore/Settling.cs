using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>Finishes or undoes the restores that ended half-way on a volume.</summary>
static class Settling
{
    /// <summary>All restores that have a directory on the volume, half-way or only left to be removed; names that are no id are not ours.</summary>
    public static IReadOnlyList<BackupId> Find(IVolume volume) =>
    [
        .. (volume.List(RestoreLayout.Folder) ?? [])
            .Where(entry => entry.IsDirectory).Select(entry => BackupId.Parse(entry.Name.ToString())).OfType<BackupId>()
            .OrderBy(id => id.Text, StringComparer.Ordinal),
    ];

    /// <returns>An in-place restore that needs its backup again, or another; null when the volume is whole.</returns>
    /// <exception cref="RunnerException">The data is not healthy (3): what happened to it is in the message; or it cannot be settled (6).</exception>
    public static async Task<JournalFile?> Settle(RestoreRun run, CancellationToken cancel)
    {
        RemoveSuperseded(run);
        JournalFile? again = null;
        foreach (var id in Find(run.Volume))
        {
            var file = JournalFile.Find(run.Volume, id);
            var action = Restore.Settle.Decide(file?.Journal.Phase);
            if (action != Settlement.Discard)
                run.Leave(DataState.Unsettled);
            if (action == Settlement.Again)
                again = file;
            else
                await Do(run, id, file!, action, cancel);
        }
        run.Try("it is harmless", () => RestoreFolder.RemoveIfEmpty(run.Volume));
        return again;
    }

    static async Task Do(RestoreRun run, BackupId id, JournalFile file, Settlement action, CancellationToken cancel)
    {
        run.Say($"found the restore of {id} half-way: {action.ToString().ToLowerInvariant()}");
        switch (action)
        {
            case Settlement.Discard:
                Discard.Staging(run.Volume, id);
                run.Settled.Add(new SettledRestore(id, SettledHow.Discarded));
                break;
            case Settlement.Undo:
                await new Conclusion(run, file).Undo(CancellationToken.None);
                run.Settled.Add(new SettledRestore(id, SettledHow.Undone));
                break;
            default:
                await Finish(run, id, file, action, cancel);
                break;
        }
    }

    static async Task Finish(RestoreRun run, BackupId id, JournalFile file, Settlement action, CancellationToken cancel)
    {
        try
        {
            var conclusion = new Conclusion(run, file);
            if (action == Settlement.Fill)
                await InPlaceRestore.BringIn(run, file, cancel);
            else if (action == Settlement.Check)
                await conclusion.Check(cancel);
            else
                await conclusion.Accept(CancellationToken.None);
        }
        catch (RunnerException unhealthy) when (unhealthy.ExitCode == ExitCode.Command)
        {
            run.Settled.Add(new SettledRestore(id, file.Journal.Phase == JournalPhase.Undoing ? SettledHow.Undone : SettledHow.Finished));
            throw;
        }
        run.Settled.Add(new SettledRestore(id, SettledHow.Finished));
    }

    static void RemoveSuperseded(RestoreRun run)
    {
        foreach (var id in Find(run.Volume))
            if (JournalFile.Find(run.Volume, id)?.Journal.Supersedes is { } earlier)
                InPlaceRestore.Superseded(run, earlier);
    }
}
