using BackupRunner.Names;
using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>Removes what a restore has staged on the volume, once no journal speaks of it.</summary>
static class Discard
{
    /// <summary>The old data is no longer needed. Only under its new name will it be removed, so that nothing called <c>old</c> ever is.</summary>
    public static void MarkGone(IVolume volume, BackupId id)
    {
        if (volume.Move(RestoreLayout.Of(id), new EntryName("old"), RestoreLayout.Of(id), new EntryName("gone")) == Moved.Done)
            volume.Sync(RestoreLayout.Of(id));
    }

    /// <summary>Removes the directory of a restore, and <c>.backup-restore</c> when nothing else is in it. A failure is a warning.</summary>
    public static void Remove(RestoreRun run, BackupId id)
    {
        run.Try("what is left of it will be removed by the next restore", () => Tree(run.Volume, id));
        run.Try("it is harmless", () => RestoreFolder.RemoveIfEmpty(run.Volume));
    }

    /// <summary>Removes the directory of a restore that never moved anything.</summary>
    /// <exception cref="RunnerException">There is old data in it: somebody has removed or damaged the journal (6).</exception>
    public static void Staging(IVolume volume, BackupId id)
    {
        if (volume.List(RestoreLayout.Old(id)) is { Count: > 0 })
            throw new RunnerException(ExitCode.Volume,
                $"\"{Path.Combine(volume.Path, RestoreLayout.Old(id))}\" holds data, but there is no valid journal of that restore",
                "look at it: move it back to where it belongs, or remove it");
        Tree(volume, id);
    }

    // A journal that could not be finished writing goes first: it speaks of what is removed then.
    static void Tree(IVolume volume, BackupId id)
    {
        if (!volume.DirectoryExists(RestoreLayout.Of(id)))
            return;
        volume.RemoveFile(RestoreLayout.Journal(id));
        volume.Sync(RestoreLayout.Of(id));
        volume.RemoveTree(RestoreLayout.Of(id), CancellationToken.None);
    }
}
