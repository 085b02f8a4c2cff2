using BackupRunner.Policy;
using BackupRunner.Storage;

namespace BackupRunner.Tests.Storage.S3;

public sealed class MinioObjectStoreTests : MultipartStoreContract, IAsyncLifetime
{
    S3Bucket? bucket;

    protected override IObjectStore Store => bucket!.Store;

    protected override IObjectStore StoreOfPages(int items) => bucket!.StoreOfPages(items);

    public async ValueTask InitializeAsync() => bucket = await S3Bucket.Create(StorageProvider.Minio, Cancel);

    public async ValueTask DisposeAsync()
    {
        if (bucket is not null)
            await bucket.DisposeAsync();
    }
}
