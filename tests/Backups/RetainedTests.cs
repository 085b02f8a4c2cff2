using BackupRunner.Backups;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Storage.Files;
using BackupRunner.Tests.Storage;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Backups;

/// <summary>What a run says that the series holds when it ends.</summary>
public sealed class RetainedTests : IDisposable
{
    static readonly DateTimeOffset Now = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    readonly Scratch scratch = new();
    readonly FileObjectStore store;
    readonly Stored redis;

    public RetainedTests()
    {
        store = new FileObjectStore(scratch.Folder("store"));
        redis = new Stored(store, Stored.Redis);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    BackupCatalog Catalog => new(store, "", ManifestTrust.Open);

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task Complete_backups_count_newest_first_and_nothing_else()
    {
        var older = await redis.Backup(Now.AddDays(-2));
        var newer = await redis.Backup(Now.AddDays(-1));
        await redis.Backup(Now, manifest: false);
        var damaged = await redis.Backup(Now.AddDays(-3));
        await store.Delete(damaged.Archive(null), Cancel);

        var retained = Reported.Catalog(await Entries(), new HashSet<BackupId>());

        Assert.Equal(2, retained.Count);
        // It is there, and nobody may take it for removed.
        Assert.Equal([damaged.Id.Text], retained.Others!);
        Assert.Equal(damaged.Id.Text, retained.Oldest);
        Assert.Equal([newer.Id.Text, older.Id.Text], retained.Newest.Select(backup => backup.Id));
        Assert.All(retained.Newest, backup => Assert.Equal((0L, 0L, null), (backup.Files, backup.Bytes, backup.Sha256)));
        Assert.All(retained.Newest, backup => Assert.True(backup.StoredBytes > 0));
    }

    [Fact]
    public async Task More_than_can_be_listed_are_counted()
    {
        for (var day = 0; day <= ReportedCatalog.MostListed; day++)
            await redis.Backup(Now.AddDays(-day));

        var retained = Reported.Catalog(await Entries(), new HashSet<BackupId>());

        Assert.Equal(ReportedCatalog.MostListed + 1, retained.Count);
        Assert.Equal(ReportedCatalog.MostListed, retained.Newest.Count);
        Assert.StartsWith("20261122", retained.Newest[0].Id, StringComparison.Ordinal);
    }

    // The manifest goes first: from then on it is no backup, whatever else could not be removed.
    [Theory]
    [InlineData(0, false, true)]
    [InlineData(1, false, false)]
    [InlineData(2, false, false)]
    [InlineData(int.MaxValue, false, false)]
    [InlineData(int.MaxValue, true, true)]
    public async Task A_removal_that_dies_counts_by_its_manifest(int survived, bool dryRun, bool stays)
    {
        var old = await redis.Backup(Now.AddDays(-40));
        await redis.Backup(Now);
        var entries = await Entries();
        var pruning = new Pruning(new DyingStore(store, operationsToLive: survived), dryRun);

        await pruning.Expire(entries, 1, TimeSpan.FromDays(30), Now, Cancel);

        Assert.Equal(stays, await store.Head(old.Manifest, Cancel) is not null);
        Assert.Equal(stays ? 2 : 1, Reported.Catalog(entries, pruning.Gone).Count);
    }

    [Fact]
    public async Task The_next_backup_is_expected_to_read_as_much_as_the_last()
    {
        Assert.Null(await BackupEstimate.ByTheLast(Catalog, Stored.Redis, Cancel));
        await redis.Backup(Now);
        await redis.Backup(Now.AddDays(1), manifest: false);
        Assert.Equal(10240, await BackupEstimate.ByTheLast(Catalog, Stored.Redis, Cancel));
        var unreadable = await redis.Backup(Now.AddDays(2));
        await store.Put(unreadable.Manifest, "garbage"u8.ToArray(), Cancel);
        Assert.Null(await BackupEstimate.ByTheLast(Catalog, Stored.Redis, Cancel));
    }

    Task<List<CatalogEntry>> Entries() => Catalog.OfSeries(Stored.Redis, Cancel).ToListAsync(Cancel).AsTask();
}
