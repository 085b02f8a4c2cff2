using BackupRunner.Names;

namespace BackupRunner.Storage;

/// <summary>Uploads that a killed run left behind. Nothing lists their parts as objects, and the store charges for them until they are aborted.</summary>
public static class AbandonedUploads
{
    /// <summary>A run that has not touched an upload for so long is gone.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromHours(24);

    /// <summary>Of backups, and of probes of the store; what other programs upload below the folder is theirs.</summary>
    /// <param name="folder">Of a cluster or a series; ends in a slash.</param>
    /// <param name="prefix">Of the policy, before the cluster's folder.</param>
    /// <param name="storeNow">By the store's clock, as the uploads' times are.</param>
    /// <returns>With the series that it is of; null for a probe's.</returns>
    public static IAsyncEnumerable<(UnfinishedUpload Upload, SeriesId? Series)> Of(
        IObjectStore store, string folder, string prefix, DateTimeOffset storeNow, CancellationToken cancel) =>
        from upload in store.ListUploads(folder, cancel)
        where storeNow - upload.Modified > Age
        let series = BackupKeys.Parse(prefix, upload.Key)?.Keys.Series
        where series is not null || StoreProbe.IsOwn(upload, folder)
        select (upload, series);
}
