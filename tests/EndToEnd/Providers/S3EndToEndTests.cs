using BackupRunner.Policy;
using BackupRunner.Tests.Storage.S3;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd.Providers;

public sealed class S3MainJobTests : MainJobContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await S3Bucket.Create(StorageProvider.S3, Cancel);
}

public sealed class S3CorruptionTests : CorruptionContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await S3Bucket.Create(StorageProvider.S3, Cancel);
}

public sealed class S3RedisBackupTests : RedisBackupContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await S3Bucket.Create(StorageProvider.S3, Cancel);
}

public sealed class S3RemoteTests : RemoteContract
{
    protected override async Task<IRemoteStoreUnderTest> CreateRemote() => await S3Bucket.Create(StorageProvider.S3, Cancel);
}

public sealed class S3EncryptionTests : EncryptionContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await S3Bucket.Create(StorageProvider.S3, Cancel);
}

public sealed class S3TamperTests : TamperContract
{
    protected override int Quarter => 4;

    protected override async Task<IStoreUnderTest> CreateStore() => await S3Bucket.Create(StorageProvider.S3, Cancel);
}
