using BackupRunner.Policy;

namespace BackupRunner.Webhook.Keys;

/// <summary>A place that backups are kept in, as one text.</summary>
public static class StorageLocation
{
    /// <returns>
    /// Provider, endpoint where one is set, account, bucket and prefix: <c>s3://bucket/prefix</c>, <c>minio://minio.example.com:9000/bucket</c>. Two spellings of
    /// one place are two places, which costs an audit and no key.
    /// </returns>
    /// <param name="storage">One that is complete.</param>
    public static string Of(StoragePolicy storage)
    {
        string?[] parts =
        [
            storage.Endpoint is { } endpoint ? endpoint.Authority + endpoint.AbsolutePath.TrimEnd('/') : null,
            storage.Account,
            storage.Bucket ?? storage.Container ?? storage.Path?.TrimEnd('/'),
            storage.Prefix.Length > 0 ? storage.Prefix : null,
        ];
        return $"{PolicyWords.Of(storage.Provider!.Value)}://{string.Join('/', parts.Where(part => part is not null))}";
    }
}
