using BackupRunner.Names;

namespace BackupRunner.Backups;

/// <summary>How much a backup will read, told before it has.</summary>
public static class BackupEstimate
{
    /// <summary>
    /// What the newest backup of the series has read, by one listing and one manifest. A walk would read every directory of a busy volume at every backup, and what
    /// the file system says is in use is the whole disk of a node, or a whole server, where the claim is a folder of one.
    /// </summary>
    /// <returns>Bytes of the tar stream; null when there is no backup, or its manifest does not say or cannot be read.</returns>
    public static async Task<long?> ByTheLast(BackupCatalog catalog, SeriesId series, CancellationToken cancel)
    {
        try
        {
            if (await catalog.Objects(series, cancel).Where(backup => backup.HasManifest).LastOrDefaultAsync(cancel) is not { } newest)
                return null;
            return (await catalog.Read(new[] { newest }.ToAsyncEnumerable(), cancel).FirstAsync(cancel)).Manifest?.Archive.TarBytes;
        }
        catch (RunnerException)
        {
            return null; // the backup itself meets the same store, and says what is wrong with it
        }
    }
}
