using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>A suite that runs over every provider: one sealed subclass each.</summary>
public abstract class SiteContract : IAsyncLifetime
{
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected Site Site { get; private set; } = null!;

    protected abstract Task<IStoreUnderTest> CreateStore();

    public async ValueTask InitializeAsync() => Site = new Site(await CreateStore());

    public async ValueTask DisposeAsync()
    {
        await Site.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
