using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Backups;

/// <summary>Finds the backup that a restore names: of its own series, unless the user says that another's data is wanted.</summary>
/// <param name="allowOtherTarget">Take a backup by its id wherever it is, and one whose manifest speaks of another series.</param>
public sealed class BackupFinder(BackupCatalog catalog, bool allowOtherTarget)
{
    /// <exception cref="RunnerException">Exit 2: nothing found, or another's; 5: damaged.</exception>
    public async Task<Chosen> Find(SeriesId series, Selection selection, CancellationToken cancel)
    {
        var listed = await catalog.Objects(series, cancel).ToListAsync(cancel);
        // Of a backup that is named, no other's manifest needs to be read.
        var wanted = selection.Id is { } id ? listed.FindAll(backup => backup.Keys.Id == id) : listed;
        if (selection.Id is { } elsewhere && wanted.Count == 0
            && await catalog.AllObjects(cancel).FirstOrDefaultAsync(backup => backup.Keys.Id == elsewhere && backup.HasManifest, cancel) is { } other)
        {
            if (!allowOtherTarget)
            {
                throw new RunnerException(
                    ExitCode.Usage, $"backup \"{elsewhere}\" is of {other.Keys.Series}, not of {series}",
                    "--allow-other-target restores another's data into this target");
            }
            wanted = [other];
            listed = await catalog.Objects(other.Keys.Series, cancel).ToListAsync(cancel);
        }
        var entries = await catalog.Read(wanted.ToAsyncEnumerable(), cancel).Select(Allowed).ToListAsync(cancel);
        var chosen = selection.Choose(entries, series.ToString());
        return TurnedPlain(chosen.Entry, listed) ? throw catalog.Trust.RefusalOfPlain(chosen.Entry.Keys.Id) : chosen;
    }

    /// <summary>Also without a policy that encrypts: who has planted it would have wanted the keys and the policy to be lost, or left out.</summary>
    bool TurnedPlain(CatalogEntry chosen, IEnumerable<BackupObjects> listed) =>
        chosen.Manifest!.Encryption.Encrypts() is null && !catalog.Trust.AllowPlain.Contains(chosen.Keys.Id)
        && listed.Any(backup => backup.IsEncrypted && string.CompareOrdinal(backup.Keys.Id.Text, chosen.Keys.Id.Text) < 0);

    CatalogEntry Allowed(CatalogEntry entry) =>
        allowOtherTarget && entry.Problem?.ExitCode == ExitCode.Usage && entry.HasManifest ? entry with { Status = BackupStatus.Complete, Problem = null } : entry;
}
