using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

public sealed class FileMainJobTests : MainJobContract
{
    protected override Task<IStoreUnderTest> CreateStore() => Task.FromResult<IStoreUnderTest>(new FolderUnderTest());

    [Fact]
    public async Task A_store_that_is_not_there_is_no_empty_list()
    {
        var result = (await Site.Runner.InProcess("list", "--store", Site.Scratch["nowhere"])).Exited(4);
        Assert.Contains("no such file or directory", result.Error, StringComparison.Ordinal);
    }
}
