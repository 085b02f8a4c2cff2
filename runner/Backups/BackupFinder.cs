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
        var entries = await catalog.OfSeries(series, cancel).Select(Allowed).ToListAsync(cancel);
        if (selection.Id is { } id && !entries.Exists(entry => entry.Keys.Id == id) && await Elsewhere(id, cancel) is { } other)
        {
            if (!allowOtherTarget)
            {
                throw new RunnerException(
                    ExitCode.Usage, $"backup \"{id}\" is of {other.Keys.Series}, not of {series}",
                    "--allow-other-target restores another's data into this target");
            }
            entries = [Allowed(other)];
        }
        return selection.Choose(entries, series.ToString());
    }

    async Task<CatalogEntry?> Elsewhere(BackupId id, CancellationToken cancel) =>
        await catalog.All(cancel).FirstOrDefaultAsync(entry => entry.Keys.Id == id && entry.HasManifest, cancel);

    CatalogEntry Allowed(CatalogEntry entry) =>
        allowOtherTarget && entry.Problem?.ExitCode == ExitCode.Usage && entry.HasManifest ? entry with { Status = BackupStatus.Complete, Problem = null } : entry;
}
