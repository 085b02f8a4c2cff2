using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

public sealed class FileTamperTests : TamperContract
{
    protected override Task<IStoreUnderTest> CreateStore() => Task.FromResult<IStoreUnderTest>(new FolderUnderTest());
}
