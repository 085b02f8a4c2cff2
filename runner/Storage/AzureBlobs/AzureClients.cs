using Azure;
using Azure.Core;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;

namespace BackupRunner.Storage.AzureBlobs;

/// <summary>
/// The library's clients for one container, with one way to prove who asks. Each has the address of what it asks for, made here: the library
/// takes a path apart by rules of its own, which fail for a service whose address has a path and no numeric host.
/// </summary>
public sealed class AzureClients(Uri container, string account, AzureAccess access, TokenCredential identity, BlobClientOptions options)
{
    public AzureAccess Access => access;

    public BlobContainerClient Container => access switch
    {
        AzureAccess.SharedKey shared => new BlobContainerClient(container, new StorageSharedKeyCredential(account, shared.Key.Reveal()), options),
        AzureAccess.Signature signature => new BlobContainerClient(container, new AzureSasCredential(signature.Token.Reveal()), options),
        _ => new BlobContainerClient(container, identity, options),
    };

    public BlockBlobClient Blob(string key)
    {
        var address = new Uri($"{container.AbsoluteUri}/{string.Join('/', key.Split('/').Select(Uri.EscapeDataString))}");
        return access switch
        {
            AzureAccess.SharedKey shared => new BlockBlobClient(address, new StorageSharedKeyCredential(account, shared.Key.Reveal()), options),
            AzureAccess.Signature signature => new BlockBlobClient(address, new AzureSasCredential(signature.Token.Reveal()), options),
            _ => new BlockBlobClient(address, identity, options),
        };
    }
}
