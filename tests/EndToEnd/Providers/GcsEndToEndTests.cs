using BackupRunner.Tests.Storage.Gcs;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd.Providers;

public sealed class GcsMainJobTests : MainJobContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await GcsBucket.Create(Cancel);
}

public sealed class GcsCorruptionTests : CorruptionContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await GcsBucket.Create(Cancel);
}

public sealed class GcsRedisBackupTests : RedisBackupContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await GcsBucket.Create(Cancel);
}

public sealed class GcsRemoteTests : RemoteContract
{
    protected override async Task<IRemoteStoreUnderTest> CreateRemote() => await GcsBucket.Create(Cancel);
}

public sealed class GcsEncryptionTests : EncryptionContract
{
    protected override async Task<IStoreUnderTest> CreateStore() => await GcsBucket.Create(Cancel);
}

public sealed class GcsTamperTests : TamperContract
{
    protected override int Quarter => 2;

    protected override async Task<IStoreUnderTest> CreateStore() => await GcsBucket.Create(Cancel);
}
