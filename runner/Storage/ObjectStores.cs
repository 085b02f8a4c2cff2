using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Storage.AzureBlobs;
using BackupRunner.Storage.Files;
using BackupRunner.Storage.Gcs;
using BackupRunner.Storage.Retry;
using BackupRunner.Storage.S3;

namespace BackupRunner.Storage;

/// <summary>The one place where a policy's provider becomes a store.</summary>
public static class ObjectStores
{
    /// <param name="storage">Complete: it has what its provider needs.</param>
    /// <param name="credentials">The mounted Secret; null leaves credentials to the provider's own library. Provider <c>file</c> needs none.</param>
    /// <param name="say">Told what fails and is tried again.</param>
    public static IObjectStore Open(StoragePolicy storage, CredentialsFolder? credentials, TimeProvider time, Action<string> say) =>
        storage.Provider == StorageProvider.File
            ? new FileObjectStore(Path.GetFullPath(storage.Path!))
            : new RetryingStore(OpenRemote(storage, credentials, time), new RetryPolicy(), time, say);

    static IObjectStore OpenRemote(StoragePolicy storage, CredentialsFolder? credentials, TimeProvider time)
    {
        credentials?.RequireAnyOf(CredentialsOf(storage.Provider!.Value));
        try
        {
            return storage.Provider switch
            {
                StorageProvider.S3 or StorageProvider.Minio => S3ObjectStore.Open(storage, credentials, time),
                StorageProvider.Azure => AzureObjectStore.Open(storage, credentials, time),
                StorageProvider.Gcs => GcsObjectStore.Open(storage, credentials, time),
                _ => throw NoStore(storage.Provider!.Value),
            };
        }
        catch (Exception unusable) when (unusable is FormatException or Amazon.Runtime.AmazonClientException)
        {
            throw new RunnerException(
                ExitCode.Usage, $"the provider's library does not take this address: {unusable.Message.TrimEnd('.')}", "correct endpoint, region or account of storage", unusable);
        }
    }

    static IReadOnlyList<string> CredentialsOf(StorageProvider provider) => provider switch
    {
        StorageProvider.S3 or StorageProvider.Minio => [S3Credentials.AccessKeyId, S3Credentials.SecretAccessKey],
        StorageProvider.Azure => [AzureSecret.AccountKey, AzureSecret.ConnectionString, AzureSecret.Sas],
        StorageProvider.Gcs => [GcsCredentials.ServiceAccount],
        _ => throw NoStore(provider),
    };

    static ArgumentException NoStore(StorageProvider provider) => new($"no store for provider \"{provider}\"", nameof(provider));
}
