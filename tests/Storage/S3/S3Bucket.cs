using Amazon.S3;
using BackupRunner.Policy;
using BackupRunner.Storage;
using BackupRunner.Storage.S3;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.S3;

/// <summary>A bucket of one test's own on the Swift that tests/run has started; it is emptied and removed with the test.</summary>
public sealed class S3Bucket : IRemoteStoreUnderTest
{
    const string AccessKeyId = "test:tester";
    const string SecretAccessKey = "testing";

    readonly Scratch scratch = new();
    readonly StorageProvider provider;

    S3Bucket(StorageProvider provider)
    {
        this.provider = provider;
        scratch.File("credentials/accessKeyId", AccessKeyId);
        scratch.File("credentials/secretAccessKey", SecretAccessKey);
        Client = Connect();
    }

    public static Uri Server => new(
        Environment.GetEnvironmentVariable("BACKUP_TEST_S3") ?? throw new InvalidOperationException("BACKUP_TEST_S3 is not set: tests/run starts the server (tests/servers/swift)"));

    public string Name { get; } = "br-" + Guid.NewGuid().ToString("n");

    /// <summary>The library by itself, to do what the store under test does not.</summary>
    public IAmazonS3 Client { get; }

    public string CredentialsFolder => scratch["credentials"];

    /// <summary>What goes inside <c>storage: {...}</c>.</summary>
    public string PolicyYaml => PolicyYamlAt(Server);

    public string PolicyYamlOfMissing => PolicyYaml.Replace(Name, "br-missing", StringComparison.Ordinal);

    public (string File, string Content) WrongSecret => ("secretAccessKey", "a-secret-of-another-account-0123456789");

    Uri IRemoteStoreUnderTest.Server => Server;

    public StoragePolicy Policy => PolicyAt(Server);

    /// <summary>Asks once, as the contract of stores demands.</summary>
    public IObjectStore Store => StoreOfPages(1000);

    public static async Task<S3Bucket> Create(StorageProvider provider, CancellationToken cancel)
    {
        var bucket = new S3Bucket(provider);
        await bucket.Client.PutBucketAsync(bucket.Name, cancel);
        return bucket;
    }

    /// <param name="server">Another one in front of it.</param>
    public string PolicyYamlAt(Uri server) => $"provider: {PolicyWords.Of(provider)}, bucket: {Name}, region: us-east-1, endpoint: \"{server.AbsoluteUri}\"";

    public StoragePolicy PolicyAt(Uri server) => PolicyDocument.Parse($"storage: {{{PolicyYamlAt(server)}}}").Policy.Storage!;

    public IObjectStore StoreOfPages(int items) => S3ObjectStore.Open(Policy, BackupRunner.Storage.CredentialsFolder.Open(CredentialsFolder), TimeProvider.System, items);

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await foreach (var upload in Store.ListUploads("", patience.Token))
            await Store.AbortUpload(upload, patience.Token);
        await foreach (var stored in Store.List("", patience.Token))
            await Store.Delete(stored.Key, patience.Token);
        await Client.DeleteBucketAsync(Name, patience.Token);
        Client.Dispose();
        scratch.Dispose();
    }

    static AmazonS3Client Connect() => new(AccessKeyId, SecretAccessKey, new AmazonS3Config
    {
        ServiceURL = Server.AbsoluteUri,
        ForcePathStyle = true,
        AuthenticationRegion = "us-east-1",
        RequestChecksumCalculation = Amazon.Runtime.RequestChecksumCalculation.WHEN_REQUIRED,
        ResponseChecksumValidation = Amazon.Runtime.ResponseChecksumValidation.WHEN_REQUIRED,
    });
}
