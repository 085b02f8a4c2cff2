namespace BackupRunner.Storage;

/// <summary>Uploads that a killed run left behind. Nothing lists their parts as objects, and the store charges for them until they are aborted.</summary>
public static class AbandonedUploads
{
    /// <summary>A run that has not touched an upload for so long is gone.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromHours(24);

    /// <param name="folder">Ends in a slash: below it everything is ours.</param>
    /// <param name="storeNow">By the store's clock, as the uploads' times are.</param>
    public static IAsyncEnumerable<UnfinishedUpload> Of(IObjectStore store, string folder, DateTimeOffset storeNow, CancellationToken cancel) =>
        store.ListUploads(folder, cancel).Where(upload => storeNow - upload.Modified > Age);
}
