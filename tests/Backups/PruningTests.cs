using BackupRunner.Backups;
using BackupRunner.Names;
using BackupRunner.Storage;
using BackupRunner.Storage.Files;
using BackupRunner.Tests.Storage;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Backups;

public sealed class PruningTests : IDisposable
{
    static readonly DateTimeOffset Now = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    readonly Scratch scratch = new();
    readonly FileObjectStore store;
    readonly Stored redis;

    public PruningTests()
    {
        store = new FileObjectStore(scratch.Folder("store"));
        redis = new Stored(store, Stored.Redis);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task A_dry_run_says_what_would_go_and_removes_nothing()
    {
        await redis.Backup(Now);
        var old = await redis.Backup(Now.AddDays(-40));
        var before = await Keys();
        var pruning = await Expire(dryRun: true);
        Assert.Equal([old.Id.Text], pruning.Deleted.Select(deleted => deleted.What));
        Assert.Equal(before, await Keys());
        await Expire(dryRun: false);
        Assert.DoesNotContain(await Keys(), key => key.Contains(old.Id.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_damaged_backup_does_not_count_and_is_kept()
    {
        var good = await redis.Backup(Now.AddDays(-50));
        var damaged = await redis.Backup(Now.AddDays(-40));
        await store.Delete(damaged.Archive(null), Cancel);
        var unreadable = await redis.Backup(Now.AddDays(-35));
        await store.Put(unreadable.Manifest, "garbage"u8.ToArray(), Cancel);
        var pruning = await Expire(dryRun: false);
        Assert.Empty(pruning.Deleted);
        Assert.Equal(2, pruning.Warnings.Count);
        Assert.NotNull(await store.Head(good.Archive(null), Cancel));
    }

    [Fact]
    public async Task A_deletion_that_dies_at_any_step_never_leaves_a_manifest_without_its_data()
    {
        for (var survived = 0; survived < 4; survived++)
        {
            var old = await redis.Backup(Now.AddDays(-40));
            var newer = await redis.Backup(Now);
            var dying = new DyingStore(store, operationsToLive: survived);
            var entries = await new BackupCatalog(store, "", ManifestTrust.Open).OfSeries(Stored.Redis, Cancel).ToListAsync(Cancel);
            var pruning = new Pruning(dying, dryRun: false);
            await pruning.Expire(entries, 1, TimeSpan.FromDays(30), Now, Cancel);
            Assert.Equal(survived < 3, pruning.Deleted.Single().Problem is not null);
            if (await store.Head(old.Manifest, Cancel) is not null)
                Assert.NotNull(await store.Head(old.Archive(null), Cancel));
            foreach (var key in await Keys())
                await store.Delete(key, Cancel);
        }
    }

    [Fact]
    public async Task What_a_killed_run_left_is_swept_after_a_day_and_not_before()
    {
        var storeNow = DateTimeOffset.UtcNow;
        var complete = await redis.Backup(Now);
        var fresh = await redis.Backup(Now, manifest: false);
        var orphan = await redis.Backup(Now, manifest: false);
        await store.BeginUpload(fresh.Folder + "more", Cancel);
        await store.BeginUpload(orphan.Folder + "more", Cancel);
        Shell.Bash($"find {scratch["store/" + orphan.Folder]} -type f -exec touch -d '25 hours ago' {{}} +");
        Shell.Bash($"find {scratch["store/" + complete.Folder]} -type f -exec touch -d '25 hours ago' {{}} +");
        Shell.Bash($"find {scratch["store/" + fresh.Folder]} -type f -exec touch -d '23 hours ago' {{}} +");
        await Sweep(storeNow, series => true);
        Assert.NotNull(await store.Head(orphan.Archive(null), Cancel));
        var pruning = await Sweep(storeNow, series => false);
        Assert.Equal([orphan.Id.Text, orphan.Folder + "more"], pruning.Deleted.Select(deleted => deleted.What));
        Assert.False(Directory.Exists(scratch["store/" + orphan.Folder]));
        Assert.NotNull(await store.Head(fresh.Archive(null), Cancel));
        Assert.NotNull(await store.Head(complete.Manifest, Cancel));
        Assert.Single(await store.ListUploads("", Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task A_store_whose_uploads_cannot_be_listed_is_told_and_the_rest_is_done()
    {
        var orphan = await redis.Backup(Now, manifest: false);
        Shell.Bash($"find {scratch["store/" + orphan.Folder]} -type f -exec touch -d '25 hours ago' {{}} +");
        var pruning = new Pruning(new KeepsUploadsToItself(store), dryRun: false);
        var entries = await new BackupCatalog(store, "", ManifestTrust.Open).Unfinished("c1", Cancel).ToListAsync(Cancel);
        await pruning.Sweep(entries, BackupKeys.ClusterFolder("", "c1"), "", DateTimeOffset.UtcNow, _ => false, Cancel);
        Assert.Equal([orphan.Id.Text], pruning.Deleted.Select(deleted => deleted.What));
        Assert.Equal("unfinished uploads were not looked for: the store is gone", Assert.Single(pruning.Warnings));
    }

    [Fact]
    public async Task A_backup_whose_manifest_is_not_listed_is_not_taken_for_an_orphan()
    {
        var good = await redis.Backup(Now);
        Shell.Bash($"find {scratch["store/" + good.Folder]} -type f -exec touch -d '25 hours ago' {{}} +");
        var listing = new ListsNoManifests(store);
        var pruning = new Pruning(listing, dryRun: false);
        var entries = await new BackupCatalog(listing, "", ManifestTrust.Open).Unfinished("c1", Cancel).ToListAsync(Cancel);
        Assert.Single(entries);
        await pruning.Sweep(entries, BackupKeys.ClusterFolder("", "c1"), "", DateTimeOffset.UtcNow, _ => false, Cancel);
        Assert.Contains("its manifest is there", Assert.Single(pruning.Warnings), StringComparison.Ordinal);
        Assert.NotNull(await store.Head(good.Archive(null), Cancel));
    }

    [Fact]
    public async Task What_a_check_left_behind_is_swept_after_a_day()
    {
        await store.Put("c1/probe-0123456789abcdef", "x"u8.ToArray(), Cancel);
        await store.Put("c1/probe-fedcba9876543210", "x"u8.ToArray(), Cancel);
        Shell.Bash($"touch -d '25 hours ago' {scratch["store/c1/probe-0123456789abcdef"]}");
        await Sweep(DateTimeOffset.UtcNow, _ => false);
        Assert.Equal(["c1/probe-fedcba9876543210"], await Keys());
    }

    [Fact]
    public async Task What_begins_like_a_probe_and_is_none_stays()
    {
        await new Stored(store, Stored.Redis with { Namespace = "probe-prod" }).Backup(Now);
        await store.Put("c1/probe-0123456789abcdef.txt", "x"u8.ToArray(), Cancel);
        await store.Put("c1/probe-0123456789ABCDEF", "x"u8.ToArray(), Cancel);
        Shell.Bash($"find {scratch["store"]} -type f -exec touch -d '3 days ago' {{}} +");
        var before = await Keys();
        Assert.Empty((await Sweep(DateTimeOffset.UtcNow, _ => false)).Deleted);
        Assert.Equal(before, await Keys());
    }

    [Fact]
    public async Task Unfinished_uploads_of_other_programs_are_left_alone()
    {
        await using var ours = await store.BeginUpload(new BackupKeys("", Stored.Redis, BackupId.New(Now, [1, 2, 3, 4])).Archive(null), Cancel);
        await using var probe = await store.BeginUpload("c1/probe-0123456789abcdef-upload", Cancel);
        await using var theirs = await store.BeginUpload("c1/dumps/monday.tar", Cancel);
        Shell.Bash($"find {scratch["store"]} -type f -exec touch -d '3 days ago' {{}} +");
        Assert.Equal(2, (await Sweep(DateTimeOffset.UtcNow, _ => false)).Deleted.Count);
        Assert.Equal(["c1/dumps/monday.tar"], await store.ListUploads("", Cancel).Select(upload => upload.Key).ToListAsync(Cancel));
    }

    sealed class ListsNoManifests(IObjectStore inner) : FaultyStore(inner, _ => { })
    {
        public override async Task<Page<StoredObject>> ListPage(string prefix, string? token, CancellationToken cancel)
        {
            var page = await base.ListPage(prefix, token, cancel);
            return page with { Items = [.. page.Items.Where(stored => !stored.Key.EndsWith("/backup.json", StringComparison.Ordinal))] };
        }
    }

    sealed class KeepsUploadsToItself(IObjectStore inner) : FaultyStore(inner, _ => { })
    {
        public override Task<Page<UnfinishedUpload>> ListUploadsPage(string prefix, string? token, CancellationToken cancel) => throw Failure();
    }

    async Task<Pruning> Expire(bool dryRun)
    {
        var pruning = new Pruning(store, dryRun);
        var entries = await new BackupCatalog(store, "", ManifestTrust.Open).OfSeries(Stored.Redis, Cancel).ToListAsync(Cancel);
        await pruning.Expire(entries, 1, TimeSpan.FromDays(30), Now, Cancel);
        return pruning;
    }

    async Task<Pruning> Sweep(DateTimeOffset storeNow, Func<SeriesId, bool> isLive)
    {
        var pruning = new Pruning(store, dryRun: false);
        var entries = await new BackupCatalog(store, "", ManifestTrust.Open).Unfinished("c1", Cancel).ToListAsync(Cancel);
        await pruning.Sweep(entries, BackupKeys.ClusterFolder("", "c1"), "", storeNow, isLive, Cancel);
        return pruning;
    }

    async Task<List<string>> Keys() => await store.List("", Cancel).Select(stored => stored.Key).ToListAsync(Cancel);
}
