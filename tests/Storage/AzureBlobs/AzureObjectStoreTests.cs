using BackupRunner.Storage;

namespace BackupRunner.Tests.Storage.AzureBlobs;

public sealed class AzureObjectStoreTests : MultipartStoreContract, IAsyncLifetime
{
    AzureContainer container = null!;

    protected override IObjectStore Store => container.Store;

    protected override IObjectStore StoreOfPages(int items) => container.Open(pageItems: items);

    public async ValueTask InitializeAsync() => container = await AzureContainer.Create(Cancel);

    public async ValueTask DisposeAsync() => await container.DisposeAsync();
}
