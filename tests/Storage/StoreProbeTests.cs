using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.Files;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage;

public sealed class StoreProbeTests : IDisposable
{
    readonly Scratch scratch = new();
    readonly FileObjectStore files;

    public StoreProbeTests() => files = new FileObjectStore(scratch.Folder("store"));

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task A_store_that_can_do_everything_passes_and_nothing_stays()
    {
        Assert.InRange(await StoreProbe.Run(files, "c1/", Cancel), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.Empty(Directory.GetFileSystemEntries(scratch["store"]));
    }

    [Fact]
    public async Task All_that_is_not_allowed_is_told_at_once()
    {
        var failed = await Failed(new Denying(files));
        Assert.Equal(
            "cannot read \"x\": denied; cannot list \"x\": denied; cannot list the unfinished uploads of \"x\": denied; cannot delete \"x\": denied", failed.Message);
        Assert.Equal("grant Read; grant List; grant ListUploads; grant Delete", failed.Hint);
    }

    [Fact]
    public async Task What_cannot_be_written_ends_the_probe()
    {
        var failed = await Failed(new FaultyStore(files, _ => throw FaultyStore.Failure()));
        Assert.Equal("the store is gone", failed.Message);
    }

    [Fact]
    public async Task An_object_that_reads_back_otherwise_or_is_not_listed_fails()
    {
        var failed = await Failed(new Lying(files));
        Assert.Contains("reads back other bytes", failed.Message, StringComparison.Ordinal);
        Assert.Contains("is not listed", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_that_can_be_begun_and_not_aborted_is_told()
    {
        var failed = await Failed(new NeverAborting(files));
        Assert.Equal("cannot abort the upload of \"x\": denied", failed.Message);
    }

    [Fact]
    public async Task The_time_is_had_also_where_nothing_may_be_deleted_and_leaves_nothing_where_it_may()
    {
        foreach (var store in new IObjectStore[] { files, new Denying(files) })
        {
            Assert.Empty(Directory.GetFileSystemEntries(scratch["store"]));
            Assert.InRange(await StoreProbe.Time(store, "c1/", Cancel), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        }
        Assert.Single(await StoreProbe.Left(files, "c1/", Cancel).ToListAsync(Cancel));
    }

    static async Task<RunnerException> Failed(IObjectStore store)
    {
        var failed = await Assert.ThrowsAsync<RunnerException>(() => StoreProbe.Run(store, "c1/", Cancel));
        Assert.Equal(ExitCode.Storage, failed.ExitCode);
        return failed;
    }

    sealed class Denying(IObjectStore inner) : FaultyStore(inner, _ => { })
    {
        public override Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel) => throw Denied(StoreOperation.Read);

        public override Task<Page<StoredObject>> ListPage(string prefix, string? token, CancellationToken cancel) => throw Denied(StoreOperation.List);

        public override Task<Page<UnfinishedUpload>> ListUploadsPage(string prefix, string? token, CancellationToken cancel) => throw Denied(StoreOperation.ListUploads);

        public override Task Delete(string key, CancellationToken cancel) => throw Denied(StoreOperation.Delete);

        static RunnerException Denied(StoreOperation operation) => new StoreFailure("denied", $"grant {operation}").Told(operation, "x", null);
    }

    sealed class NeverAborting(IObjectStore inner) : FaultyStore(inner, _ => { })
    {
        protected override bool CanAbort => false;

        public override Task AbortUpload(UnfinishedUpload upload, CancellationToken cancel) => throw new StoreFailure("denied", null).Told(StoreOperation.AbortUpload, "x", null);
    }

    sealed class Lying(IObjectStore inner) : FaultyStore(inner, _ => { })
    {
        public override Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel) => Task.FromResult<Stream>(new MemoryStream(new byte[32]));

        public override Task<Page<StoredObject>> ListPage(string prefix, string? token, CancellationToken cancel) => Task.FromResult(new Page<StoredObject>([], null));
    }
}
