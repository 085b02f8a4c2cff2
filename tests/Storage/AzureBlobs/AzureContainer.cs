using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Sas;
using BackupRunner.Policy;
using BackupRunner.Storage;
using BackupRunner.Storage.AzureBlobs;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.AzureBlobs;

/// <summary>A container of one test in the Azurite that tests/run started, removed with the test, and the account's key as a mounted Secret.</summary>
public sealed class AzureContainer : IRemoteStoreUnderTest
{
    readonly Scratch scratch = new();
    readonly BlobContainerClient client;

    AzureContainer(string name)
    {
        Name = name;
        client = new BlobContainerClient(new Uri($"{Service}/{name}"), new StorageSharedKeyCredential(Account, Key));
        scratch.File("secret/accountKey", Key);
        CredentialsFolder = scratch["secret"];
        Store = Open();
    }

    public static Uri Service => new(Variable("BACKUP_TEST_AZURE"));

    public static string Account => Variable("BACKUP_TEST_AZURE_ACCOUNT");

    public static string Key => Variable("BACKUP_TEST_AZURE_KEY");

    public string Name { get; }

    /// <summary>The inside of <c>storage: {...}</c>.</summary>
    public string PolicyYaml => PolicyYamlAt(Service);

    public string PolicyYamlOfMissing => PolicyYaml.Replace(Name, "missing", StringComparison.Ordinal);

    public (string File, string Content) WrongSecret => ("accountKey", Convert.ToBase64String(new byte[64]));

    public Uri Server => Service;

    public string PolicyYamlAt(Uri server) => $"provider: azure, account: {Account}, container: {Name}, endpoint: \"{server.AbsoluteUri}\"";

    public string CredentialsFolder { get; }

    public IObjectStore Store { get; }

    /// <summary>The library's own client, for what other programs do.</summary>
    public BlobContainerClient Client => client;

    public static async Task<AzureContainer> Create(CancellationToken cancel)
    {
        var container = new AzureContainer($"test-{Guid.NewGuid():n}");
        await container.client.CreateAsync(cancellationToken: cancel);
        return container;
    }

    public StoragePolicy Policy(Uri? service = null) =>
        new() { Provider = StorageProvider.Azure, Account = Account, Container = Name, Endpoint = service ?? Service };

    /// <summary>The same container again, without the decorator that retries.</summary>
    /// <param name="service">Another address for it, such as a proxy's.</param>
    public IObjectStore Open(Uri? service = null, TimeProvider? time = null, int pageItems = 5000) =>
        AzureObjectStore.Open(Policy(service), BackupRunner.Storage.CredentialsFolder.Open(CredentialsFolder), time ?? TimeProvider.System, pageItems);

    /// <summary>Makes the mounted Secret hold this key and nothing else.</summary>
    public void Mount(string name, string value)
    {
        foreach (var file in Directory.GetFiles(CredentialsFolder))
            File.Delete(file);
        scratch.File($"secret/{name}", value);
    }

    /// <summary>A shared access signature for the container.</summary>
    public string Signature(BlobContainerSasPermissions permissions, DateTimeOffset end) =>
        new BlobSasBuilder(permissions, end) { BlobContainerName = Name, Resource = "c", StartsOn = end.AddDays(-30) }
            .ToSasQueryParameters(new StorageSharedKeyCredential(Account, Key)).ToString();

    public async ValueTask DisposeAsync()
    {
        await client.DeleteIfExistsAsync();
        scratch.Dispose();
    }

    static string Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
        ? value
        : throw new InvalidOperationException($"{name} is not set: tests/run starts Azurite and sets it (tests/servers/azurite)");
}
