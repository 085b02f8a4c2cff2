using BackupRunner.Storage;

namespace BackupRunner.Tests.Storage.Gcs;

public sealed class GcsObjectStoreTests : ObjectStoreContract, IAsyncLifetime
{
    GcsBucket bucket = null!;

    protected override IObjectStore Store => bucket.Store;

    protected override IObjectStore StoreOfPages(int items) => bucket.OpenAt(bucket.Address, TimeProvider.System, items);

    public async ValueTask InitializeAsync() => bucket = await GcsBucket.Create(Cancel);

    public ValueTask DisposeAsync() => bucket.DisposeAsync();
}
