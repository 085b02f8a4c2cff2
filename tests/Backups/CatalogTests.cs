using BackupRunner.Backups;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.Files;
using BackupRunner.Tests.Storage;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Backups;

public sealed class CatalogTests : IDisposable
{
    static readonly DateTimeOffset Start = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    readonly Scratch scratch = new();
    readonly FileObjectStore store;
    readonly Stored redis;

    public CatalogTests()
    {
        store = new FileObjectStore(scratch.Folder("store"));
        redis = new Stored(store, Stored.Redis, "team");
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task A_backup_is_what_has_a_manifest()
    {
        var complete = await redis.Backup(Start);
        await redis.Backup(Start.AddHours(1), manifest: false);
        var entries = await Entries();
        Assert.Equal([true, false], entries.Select(entry => entry.Complete));
        Assert.Equal(complete.Id, (await Choose(new Selection { Latest = true })).Entry.Keys.Id);
    }

    [Fact]
    public async Task A_backup_is_chosen_by_id_by_time_or_as_the_latest()
    {
        var first = await redis.Backup(Start);
        var second = await redis.Backup(Start.AddHours(1));
        Assert.Equal(second.Id, (await Choose(new Selection { Latest = true })).Entry.Keys.Id);
        Assert.Equal(first.Id, (await Choose(new Selection { Id = first.Id })).Entry.Keys.Id);
        Assert.Equal(first.Id, (await Choose(new Selection { Before = Start.AddMinutes(59) })).Entry.Keys.Id);
        Assert.Equal(second.Id, (await Choose(new Selection { Before = Start.AddHours(1) })).Entry.Keys.Id);
        Assert.Equal(ExitCode.Usage, await Refused(new Selection { Before = Start.AddSeconds(-1) }));
        Assert.Equal(ExitCode.Usage, await Refused(new Selection { Id = BackupId.New(Start, [5, 5, 5, 5]) }));
    }

    [Fact]
    public async Task Nothing_found_is_an_error_and_never_an_empty_success()
    {
        await new Stored(store, Stored.Redis with { Claim = "data-redis-1" }, "team").Backup(Start);
        Assert.Equal(ExitCode.Usage, await Refused(new Selection { Latest = true }));
    }

    [Theory]
    [InlineData("data")]
    [InlineData("manifest")]
    [InlineData("cut")]
    [InlineData("flipped")]
    [InlineData("identity")]
    [InlineData("other id")]
    public async Task A_damaged_backup_is_refused_by_id_and_passed_over_with_a_warning_as_the_latest(string damage)
    {
        var good = await redis.Backup(Start);
        var bad = await redis.Backup(Start.AddHours(1), identity: damage == "identity" ? Stored.Redis with { Name = "other" } : null);
        switch (damage)
        {
            case "data":
                await store.Delete(bad.Archive(null), Cancel);
                break;
            case "cut":
                await store.Put(bad.Archive(null), "short"u8.ToArray(), Cancel);
                break;
            case "manifest":
                await store.Put(bad.Manifest, "{}"u8.ToArray(), Cancel);
                break;
            case "flipped":
                var manifest = await File.ReadAllBytesAsync(scratch["store/" + bad.Manifest], Cancel);
                manifest[manifest.Length / 2] ^= 1;
                await store.Put(bad.Manifest, manifest, Cancel);
                break;
            case "other id":
                await store.Put(bad.Manifest, await File.ReadAllBytesAsync(scratch["store/" + good.Manifest], Cancel), Cancel);
                break;
        }
        Assert.Equal(damage == "identity" ? ExitCode.Usage : ExitCode.Integrity, await Refused(new Selection { Id = bad.Id }));
        var chosen = await Choose(new Selection { Latest = true });
        Assert.Equal(good.Id, chosen.Entry.Keys.Id);
        Assert.Single(chosen.Warnings);
    }

    /// <summary>A token that has just expired, one bad server among several: the newest backup is there and good.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_newer_backup_that_cannot_be_read_now_is_not_replaced_by_an_older_one(bool hasOlder)
    {
        var older = hasOlder ? await redis.Backup(Start) : null;
        var newer = await redis.Backup(Start.AddHours(1));
        var entries = await new BackupCatalog(new Keeps(store, newer.Manifest), "team", ManifestTrust.Open).OfSeries(Stored.Redis, Cancel).ToListAsync(Cancel);
        var refused = Assert.Throws<RunnerException>(() => new Selection { Latest = true }.Choose(entries, "redis"));
        Assert.Equal((ExitCode.Storage, $"backup \"{newer.Id}\", which may be the one, cannot be read: the session token has expired"), (refused.ExitCode, refused.Message));
        if (older is not null)
            Assert.Equal(older.Id, new Selection { Before = Start.AddMinutes(1) }.Choose(entries, "redis").Entry.Keys.Id);
    }

    sealed class Keeps(IObjectStore inner, string key) : FaultyStore(inner, _ => { })
    {
        public override Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel) =>
            stored.Key == key ? throw new RunnerException(ExitCode.Storage, "the session token has expired") : base.OpenRead(stored, offset, cancel);
    }

    [Fact]
    public async Task Only_what_lies_below_the_prefix_and_has_the_form_of_a_backup_is_listed()
    {
        await redis.Backup(Start);
        await new Stored(store, Stored.Redis, "other").Backup(Start);
        await store.Put("team/notes.txt", "x"u8.ToArray(), Cancel);
        await store.Put("team/" + Stored.Redis.Path + "/not-an-id/backup.json", "x"u8.ToArray(), Cancel);
        Assert.Single(await new BackupCatalog(store, "team", ManifestTrust.Open).All(Cancel).ToListAsync(Cancel));
        Assert.Empty(await new BackupCatalog(store, "", ManifestTrust.Open).All(Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task Manifests_are_read_ahead_a_few_at_a_time_and_come_in_the_order_of_ids()
    {
        for (var hour = 0; hour < 20; hour++)
            await redis.Backup(Start.AddHours(hour));
        var slow = new FirstManifestWaits(store);
        var entries = await new BackupCatalog(slow, "team", ManifestTrust.Open).OfSeries(Stored.Redis, Cancel).ToListAsync(Cancel);
        Assert.Equal(entries.Select(entry => entry.Keys.Id.Text).Order(StringComparer.Ordinal), entries.Select(entry => entry.Keys.Id.Text));
        Assert.Equal(20, entries.Count);
        Assert.InRange(slow.Most, 1, 8);
        Assert.Equal(await Entries(), entries, (one, other) => one.Keys == other.Keys && one.Manifest!.Id == other.Manifest!.Id);
    }

    [Fact]
    public async Task Whoever_stops_early_leaves_no_read_behind()
    {
        for (var hour = 0; hour < 20; hour++)
            await redis.Backup(Start.AddHours(hour));
        var slow = new FirstManifestWaits(store);
        var first = await new BackupCatalog(slow, "team", ManifestTrust.Open).OfSeries(Stored.Redis, Cancel).FirstAsync(Cancel);
        Assert.True(first.Complete);
        Assert.Equal(0, slow.OnTheirWay);
    }

    [Fact]
    public async Task What_has_no_manifest_is_found_without_reading_any()
    {
        await redis.Backup(Start);
        var orphan = await redis.Backup(Start.AddHours(1), manifest: false);
        var entries = await new BackupCatalog(new FaultyStore(new Unreadable(store), _ => { }), "team", ManifestTrust.Open).Unfinished("c1", Cancel).ToListAsync(Cancel);
        Assert.Equal([orphan.Id], entries.Select(entry => entry.Keys.Id));
    }

    [Fact]
    public async Task A_manifest_that_cannot_be_read_is_one_backups_problem_and_a_store_that_is_gone_everybodys()
    {
        await redis.Backup(Start);
        var entry = Assert.Single(await new BackupCatalog(new Unreadable(store), "team", ManifestTrust.Open).OfSeries(Stored.Redis, Cancel).ToListAsync(Cancel));
        Assert.Equal((true, false, "the store is gone"), (entry.HasManifest, entry.Complete, entry.Problem!.Message));
        var givenUp = new RunnerException(ExitCode.Storage, "it does not answer (tried 9 times)", null, FaultyStore.Failure());
        await Assert.ThrowsAsync<RunnerException>(async () =>
            await new BackupCatalog(new Unreadable(store) { Reason = givenUp }, "team", ManifestTrust.Open).OfSeries(Stored.Redis, Cancel).ToListAsync(Cancel));
    }

    sealed class Unreadable(IObjectStore inner) : FaultyStore(inner, _ => { })
    {
        public RunnerException Reason { get; init; } = Failure();

        public override Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel) => throw Reason;
    }

    /// <summary>Gives the first manifest that was asked for after the eighth was.</summary>
    sealed class FirstManifestWaits(IObjectStore inner) : FaultyStore(inner, _ => { })
    {
        readonly TaskCompletionSource eighth = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly Lock gate = new();
        int begun;

        public int OnTheirWay { get; private set; }

        public int Most { get; private set; }

        public override async Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel)
        {
            int number;
            lock (gate)
            {
                number = ++begun;
                Most = Math.Max(Most, ++OnTheirWay);
            }
            try
            {
                if (number == 8)
                    eighth.SetResult();
                if (number == 1)
                    await eighth.Task.WaitAsync(cancel);
                else if (number > 1)
                    await Task.Yield();
                return await base.OpenRead(stored, offset, cancel);
            }
            finally
            {
                lock (gate)
                    OnTheirWay--;
            }
        }
    }

    async Task<List<CatalogEntry>> Entries() => await new BackupCatalog(store, "team", ManifestTrust.Open).OfSeries(Stored.Redis, Cancel).ToListAsync(Cancel);

    async Task<Chosen> Choose(Selection selection) => selection.Choose(await Entries(), "redis");

    async Task<ExitCode> Refused(Selection selection) => (await Assert.ThrowsAsync<RunnerException>(() => Choose(selection))).ExitCode;
}
