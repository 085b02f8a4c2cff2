using System.Security.Cryptography;
using BackupRunner.Policy;
using BackupRunner.Storage;
using BackupRunner.Storage.Gcs;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>An empty bucket of its own fake of Cloud Storage, with the credentials for it.</summary>
public sealed class GcsBucket : IRemoteStoreUnderTest
{
    const string Name = "test-bucket";

    readonly Scratch scratch = new();

    GcsBucket(FakeGcs fake)
    {
        Fake = fake;
        UseKeyOf(fake.Account);
        Store = OpenAt(fake.Address, TimeProvider.System);
    }

    public FakeGcs Fake { get; }

    /// <summary>What stands between the braces of <c>storage: {...}</c>.</summary>
    public string PolicyYaml => PolicyYamlAt(Address);

    public string PolicyYamlOfMissing => PolicyYaml.Replace(Name, "missing-bucket", StringComparison.Ordinal);

    /// <summary>The same account with a key that it never had.</summary>
    public (string File, string Content) WrongSecret
    {
        get
        {
            using var key = RSA.Create(2048);
            return (GcsCredentialsFile, new FakeGcsAccount("runner", key).File(Fake.TokenAddress));
        }
    }

    public Uri Server => Address;

    public string PolicyYamlAt(Uri server) => $"provider: gcs, bucket: {Name}, project: test-project, endpoint: \"{server.GetLeftPart(UriPartial.Authority)}\"";

    public string CredentialsFolder => scratch.Folder("credentials");

    /// <summary>Without retries.</summary>
    public IObjectStore Store { get; }

    public Uri Address => Fake.Address;

    public static async Task<GcsBucket> Create(CancellationToken cancel) => new(await FakeGcs.Start(Name, TimeProvider.System, cancel));

    public static async Task<GcsBucket> Create(TimeProvider serverTime, CancellationToken cancel) => new(await FakeGcs.Start(Name, serverTime, cancel));

    /// <summary>The bucket as it is seen through a server at <paramref name="address"/>, without retries.</summary>
    public GcsObjectStore OpenAt(Uri address, TimeProvider time, int pageItems = 1000, string bucket = Name) => GcsObjectStore.Open(
        new StoragePolicy { Provider = StorageProvider.Gcs, Bucket = bucket, Project = "test-project", Endpoint = address },
        BackupRunner.Storage.CredentialsFolder.Open(CredentialsFolder), time, pageItems);

    /// <summary>Replaces the file of the Secret.</summary>
    public void UseKeyOf(FakeGcsAccount account) => scratch.File($"credentials/{GcsCredentialsFile}", account.File(Fake.TokenAddress));

    public const string GcsCredentialsFile = "serviceAccount.json";

    /// <summary>Fails the test if a request was none of the API's.</summary>
    public async ValueTask DisposeAsync()
    {
        await Fake.DisposeAsync();
        scratch.Dispose();
        Fake.AssertNoViolation();
    }
}
