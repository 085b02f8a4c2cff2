using BackupRunner.Backups;
using BackupRunner.Hooks;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Storage;
using BackupRunner.Storage.Files;
using BackupRunner.Templates;
using BackupRunner.Tests.Storage;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Backups;

/// <summary>Whatever happens to ring and store during a run: a backup that is complete can be opened.</summary>
public sealed class EncryptedBackupRunTests : IDisposable
{
    readonly Scratch scratch = new();
    readonly FileObjectStore store;
    readonly Ring ring;
    readonly List<string> warnings = [];

    public EncryptedBackupRunTests()
    {
        store = new FileObjectStore(scratch.Folder("store"));
        ring = new Ring(scratch["ring"]);
        scratch.File("data/one", "1");
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => scratch.Dispose();

    /// <summary>In a run of many hours the ring may lose the key that it began with.</summary>
    [Fact]
    public async Task A_key_that_was_exchanged_during_the_run_opens_the_backup()
    {
        var began = ring.Current;
        await Run(new FaultyStore(store, call =>
        {
            if (call == 2)
                ring.Exchange();
        }));
        ring.Forget(began);
        Assert.True(Assert.Single(await Entries()).Complete);
    }

    [Fact]
    public async Task A_ring_that_cannot_be_read_any_more_at_the_end_is_a_warning()
    {
        await Run(new FaultyStore(store, call => File.WriteAllText(ring.Path + "/key", call > 1 ? "half" : File.ReadAllText(ring.Path + "/key"))));
        Assert.Contains("which was the current one when it began", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/keys/")]
    [InlineData(".hmac")]
    public async Task A_wrap_or_a_mac_that_reads_back_differently_ends_without_a_backup(string file)
    {
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Run(new Garbles(store, file)));
        Assert.Contains("reads back other bytes", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(scratch["store"]));
    }

    /// <summary>Who removes keys that no backup needs looks at the wraps: one that comes hours later may come too late.</summary>
    [Fact]
    public async Task The_wrapped_key_is_stored_before_the_archive()
    {
        var archiveBegan = false;
        await Run(new FaultyStore(store, call =>
        {
            // 0 begins the upload, 1 is the wrap, 2 the first part.
            if (call != 2)
                return;
            archiveBegan = true;
            Assert.Single(Directory.GetFiles(scratch["store"], ring.Current + ".json", SearchOption.AllDirectories));
        }));
        Assert.True(archiveBegan);
    }

    /// <summary>Another host's prune takes what nobody has touched for a day, at any moment of the run.</summary>
    [Fact]
    public async Task Wraps_that_are_swept_during_the_run_are_there_in_the_end()
    {
        for (var step = 2; ; step++)
        {
            var swept = false;
            await Run(new FaultyStore(store, call =>
            {
                if (call != step)
                    return;
                swept = true;
                Shell.Run("find", scratch["store"], "-path", "*/keys/*.json", "-delete");
                Shell.Run("find", scratch["store"], "-name", "*.hmac", "-delete");
            }));
            Assert.True(Assert.Single(await Entries()).Complete);
            if (!swept)
                return;
            Shell.Run("find", scratch["store"], "-mindepth", "1", "-delete");
        }
    }

    /// <summary>A bucket with a retention policy: what is there can be neither written again nor removed.</summary>
    [Fact]
    public async Task A_store_that_keeps_what_it_has_takes_a_backup()
    {
        await Run(new Immutable(store));
        Assert.True(Assert.Single(await Entries()).Complete);
        Assert.Empty(warnings);
    }

    sealed class Immutable(IObjectStore inner) : FaultyStore(inner, _ => { })
    {
        public override async Task<StoredObject> Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancel) =>
            await Head(key, cancel) is null ? await base.Put(key, content, cancel) : throw Failure();

        public override Task Delete(string key, CancellationToken cancel) => throw Failure();
    }

    async Task Run(IObjectStore to)
    {
        var id = BackupId.New(TimeProvider.System.GetUtcNow(), Guid.NewGuid().ToByteArray());
        var model = new TemplateModel(
            new Dictionary<string, object?>(), new BackupNames(id.Text, "", "/backup", "/backup.sha256"), new WorkloadNames("statefulset", "redis", "shop", "", "", "data-redis-0"));
        var plan = BackupPlan.For(new BackupKeys("", Stored.Redis, id), scratch["data"], new BackupPolicy(), null, model) with { Encryption = ring.Encryption };
        var shell = new LocalShell(Redaction.Of(new Dictionary<string, string>()), _ => { }, TimeProvider.System);
        await new BackupRun(plan, to, LocalWorkload.Of(shell, new FrozenMarkFile(scratch["frozen.json"])), new BackupWatch(_ => { }, warnings.Add, Bytes: null), TimeProvider.System).Run(Cancel);
    }

    async Task<List<CatalogEntry>> Entries()
    {
        using var read = ring.Read();
        return await new BackupCatalog(store, "", new ManifestTrust(read, RequiresEncryption: true, new HashSet<BackupId>())).All(Cancel).ToListAsync(Cancel);
    }
}
