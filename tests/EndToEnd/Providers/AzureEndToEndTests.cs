using BackupRunner.Tests.Storage.AzureBlobs;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd.Providers;

public sealed class AzureMainJobTests : MainJobContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await AzureContainer.Create(Cancel);
}

public sealed class AzureCorruptionTests : CorruptionContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await AzureContainer.Create(Cancel);
}

public sealed class AzureRedisBackupTests : RedisBackupContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await AzureContainer.Create(Cancel);
}

public sealed class AzureRemoteTests : RemoteContract
{
    protected override async Task<IRemoteStoreUnderTest> CreateRemote() => await AzureContainer.Create(Cancel);
}

public sealed class AzureEncryptionTests : EncryptionContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await AzureContainer.Create(Cancel);
}

public sealed class AzureTamperTests : TamperContract
{
    protected override int Quarter => 1;

    protected override async Task<IStoreUnderTest> CreateStore() => await AzureContainer.Create(Cancel);
}
