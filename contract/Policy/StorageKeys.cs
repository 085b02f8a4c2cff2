namespace BackupRunner.Policy;

/// <summary>Which keys of <c>storage</c> a provider needs and which it can use.</summary>
public static class StorageKeys
{
    /// <summary>In the order in which messages name them.</summary>
    public static IReadOnlyList<string> Required(StorageProvider provider) => provider switch
    {
        StorageProvider.S3 => ["bucket", "region"],
        StorageProvider.Gcs => ["bucket", "project"],
        StorageProvider.Azure => ["container", "account"],
        StorageProvider.Minio => ["bucket", "endpoint"],
        StorageProvider.File => ["path"],
        _ => throw new ArgumentOutOfRangeException(nameof(provider)),
    };

    public static IReadOnlyList<string> Optional(StorageProvider provider) => provider switch
    {
        StorageProvider.S3 => ["endpoint", "secretRef", "prefix", "sse", "kmsKeyId", "storageClass"],
        StorageProvider.Minio => ["region", "secretRef", "prefix", "sse", "kmsKeyId", "storageClass"],
        StorageProvider.File => ["prefix"],
        _ => ["endpoint", "secretRef", "prefix"],
    };

    /// <summary>The keys that are set and that the provider has no use for.</summary>
    public static IReadOnlyList<string> Unused(StorageProvider provider, StoragePolicy storage) =>
        [.. All(storage).Where(key => key.Set && !Required(provider).Contains(key.Key) && !Optional(provider).Contains(key.Key)).Select(key => key.Key)];

    public static bool IsSet(StoragePolicy storage, string key) => All(storage).Single(known => known.Key == key).Set;

    static (string Key, bool Set)[] All(StoragePolicy storage) =>
    [
        ("bucket", storage.Bucket is not null),
        ("region", storage.Region is not null),
        ("endpoint", storage.Endpoint is not null),
        ("project", storage.Project is not null),
        ("container", storage.Container is not null),
        ("account", storage.Account is not null),
        ("secretRef", storage.SecretRef is not null),
        ("prefix", storage.Prefix.Length > 0),
        ("path", storage.Path is not null),
        ("sse", storage.Sse is not null),
        ("kmsKeyId", storage.KmsKeyId is not null),
        ("storageClass", storage.StorageClass is not null),
    ];
}
