using System.Globalization;
using BackupRunner.Names;
using BackupRunner.Posix;

namespace BackupRunner.Restore;

/// <summary>
/// What a restore leaves on the volume on purpose, in <c>.backup-restore/kept</c>: <c>ID-old</c> is the data from before (with
/// <c>keepOldData</c>), <c>ID-aside</c> is what another process made in the root meanwhile; a number follows when the name is taken.
/// No backup holds it, no restore touches it; the user removes it with <c>rm -r</c>.
/// </summary>
static class KeptData
{
    const int MostOfOneName = 10_000;

    public static void KeepOld(RestoreRun run, BackupId id) => Keep(run, id, RestoreLayout.Old(id), "old");

    public static void KeepAside(RestoreRun run, BackupId id) => Keep(run, id, RestoreLayout.Aside(id), "aside");

    // An empty directory, or none, is not kept.
    static void Keep(RestoreRun run, BackupId id, string directory, string name)
    {
        if (run.Volume.List(directory) is not { Count: > 0 })
            return;
        run.Volume.MakeDirectory(RestoreLayout.Kept);
        var kept = MoveUnder(run.Volume, RestoreLayout.Of(id), new EntryName(name), RestoreLayout.Kept, $"{id}-{name}");
        run.Volume.Sync(RestoreLayout.Of(id));
        run.Volume.Sync(RestoreLayout.Kept);
        if (kept is not null)
            run.Keep(Path.Combine(run.Volume.Path, RestoreLayout.Kept, kept));
    }

    /// <summary>Moves an entry under the first free of NAME, NAME-2, NAME-3, ...</summary>
    /// <returns>The name it got; null when there was nothing to move.</returns>
    public static string? MoveUnder(IVolume volume, string from, EntryName entry, string to, string name)
    {
        for (var number = 1; number < MostOfOneName; number++)
        {
            var free = number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
            switch (volume.Move(from, entry, to, new EntryName(free)))
            {
                case Moved.Done:
                    return free;
                case Moved.Missing:
                    return null;
            }
        }
        throw new RunnerException(Reports.ExitCode.Volume, $"\"{to}\" holds too much already", "remove what is no longer needed there");
    }
}
