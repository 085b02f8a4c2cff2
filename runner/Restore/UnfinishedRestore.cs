using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>A restore whose journal is on the volume: what is in the root may be neither the old data nor the new.</summary>
public sealed record UnfinishedRestore(BackupId Id, JournalPhase Phase)
{
    /// <summary>The restores that must be settled before the volume is backed up. Reads only; takes no lock.</summary>
    /// <param name="root">The data's directory.</param>
    /// <exception cref="RunnerException">The directory or a journal cannot be read (6).</exception>
    public static IReadOnlyList<UnfinishedRestore> Find(string root)
    {
        using var volume = Volume.OpenToRead(root);
        return
        [
            .. from id in Settling.Find(volume)
            let file = JournalFile.Find(volume, id)
            where file is not null
            select new UnfinishedRestore(id, file.Journal.Phase),
        ];
    }

    /// <summary>The refusal of a backup (6); null when nothing is unfinished.</summary>
    public static RunnerException? Refusal(string root, IReadOnlyList<UnfinishedRestore> unfinished) => unfinished.Count == 0
        ? null
        : new(ExitCode.Volume,
            $"\"{root}\" is in the middle of a restore of {string.Join(", ", unfinished.Select(restore => restore.Id))}",
            "\"restore --resume\" finishes it or puts the old data back");
}
