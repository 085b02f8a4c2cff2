using BackupRunner.Policy;
using BackupRunner.Tests.Storage.S3;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd.Providers;

public sealed class MinioMainJobTests : MainJobContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await S3Bucket.Create(StorageProvider.Minio, Cancel);
}

public sealed class MinioCorruptionTests : CorruptionContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await S3Bucket.Create(StorageProvider.Minio, Cancel);
}

public sealed class MinioRedisBackupTests : RedisBackupContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await S3Bucket.Create(StorageProvider.Minio, Cancel);
}

public sealed class MinioRemoteTests : RemoteContract
{
    protected override async Task<IRemoteStoreUnderTest> CreateRemote() => await S3Bucket.Create(StorageProvider.Minio, Cancel);
}

public sealed class MinioEncryptionTests : EncryptionContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await S3Bucket.Create(StorageProvider.Minio, Cancel);
}

public sealed class MinioTamperTests : TamperContract
{
    protected override int Quarter => 3;

    protected override async Task<IStoreUnderTest> CreateStore() => await S3Bucket.Create(StorageProvider.Minio, Cancel);
}
