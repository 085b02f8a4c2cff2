using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

public sealed class FileEncryptionTests : EncryptionContract
{
    protected override Task<IStoreUnderTest> CreateStore() => Task.FromResult<IStoreUnderTest>(new FolderUnderTest());

    [Fact]
    public async Task The_reading_that_comes_before_the_restore_shows_its_progress()
    {
        var site = new EncryptedSite(Site, "aes256-cbc");
        Shell.Bash($"head -c 3000000 /dev/urandom >{Site.Data}/noise");
        var id = await site.BackUp();
        var watched = Site.Runner with { Clock = new Racing() };
        var said = (await watched.InProcess(["restore", "--data", Site.Data, .. site.Policy(), "--keys", site.Ring.Path, "--latest"])).Exited(0).Error;
        Assert.Contains($"proving {id}: ", said, StringComparison.Ordinal);
        Assert.Contains($"restoring {id}: ", said, StringComparison.Ordinal);
    }

    /// <summary>Every look at it is half a minute later.</summary>
    sealed class Racing : TimeProvider
    {
        long now;

        public override long GetTimestamp() => Interlocked.Add(ref now, 30 * TimestampFrequency);
    }
}
