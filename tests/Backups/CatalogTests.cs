using BackupRunner.Backups;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Storage.Files;
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
                await store.Delete(bad.Archive, Cancel);
                break;
            case "cut":
                await store.Put(bad.Archive, "short"u8.ToArray(), Cancel);
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

    [Fact]
    public async Task Only_what_lies_below_the_prefix_and_has_the_form_of_a_backup_is_listed()
    {
        await redis.Backup(Start);
        await new Stored(store, Stored.Redis, "other").Backup(Start);
        await store.Put("team/notes.txt", "x"u8.ToArray(), Cancel);
        await store.Put("team/" + Stored.Redis.Path + "/not-an-id/backup.json", "x"u8.ToArray(), Cancel);
        Assert.Single(await new BackupCatalog(store, "team").All(Cancel).ToListAsync(Cancel));
        Assert.Empty(await new BackupCatalog(store, "").All(Cancel).ToListAsync(Cancel));
    }

    async Task<List<CatalogEntry>> Entries() => await new BackupCatalog(store, "team").OfSeries(Stored.Redis, Cancel).ToListAsync(Cancel);

    async Task<Chosen> Choose(Selection selection) => selection.Choose(await Entries(), "redis");

    async Task<ExitCode> Refused(Selection selection) => (await Assert.ThrowsAsync<RunnerException>(() => Choose(selection))).ExitCode;
}
