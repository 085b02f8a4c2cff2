using System.Text;
using BackupRunner.Backups;
using BackupRunner.Encryption;
using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.Files;
using BackupRunner.Tests.Storage;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Backups;

public sealed class RewrappingTests : IDisposable
{
    static readonly DateTimeOffset Start = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    readonly Scratch scratch = new();
    readonly FileObjectStore store;
    readonly Ring ring;

    public RewrappingTests()
    {
        store = new FileObjectStore(scratch.Folder("store"));
        ring = new Ring(scratch["ring"]);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    Stored Stored => new(store, Stored.Redis) { Encryption = ring.Encryption };

    public void Dispose() => scratch.Dispose();

    /// <summary>After every step it is killed: what is left opens by a key of the ring, and the next run ends what was begun.</summary>
    [Fact]
    public async Task Killed_after_any_step_every_backup_still_opens_and_the_next_run_goes_on()
    {
        for (var survived = 0; ; survived++)
        {
            scratch.Folder("store");
            var old = ring.Current;
            for (var day = 0; day < 3; day++)
                await Stored.Backup(Start.AddDays(day));
            var manifests = Manifests();
            ring.Exchange();
            var killed = await Rewrap(new DyingStore(store, survived));
            Assert.All(await Entries(), entry => Assert.True(entry.Complete, entry.Problem?.Message));
            Assert.Equal(3, killed.Done + killed.Left.Count);
            var again = await Rewrap(store);
            Assert.Equal((killed.Left.Count, 0), (again.Done, again.Left.Count));
            Assert.DoesNotContain(old, await WrapIds());
            ring.Forget(old);
            Assert.Equal(3, (await Entries()).Count(entry => entry.Complete));
            Assert.Equal(manifests, Manifests());
            if (killed.Done == 3)
                return;
            Assert.True(survived < 20);
            Directory.Delete(scratch["store"], recursive: true);
        }
    }

    [Fact]
    public async Task A_store_that_takes_no_change_keeps_the_old_key_in_use_and_is_not_asked_again_and_again()
    {
        for (var day = 0; day < 3; day++)
            await Stored.Backup(Start.AddDays(day));
        var old = ring.Current;
        ring.Exchange();
        var asked = 0;
        var rewrapping = new Rewrapping(new FaultyStore(store, _ =>
        {
            asked++;
            throw FaultyStore.Failure();
        }), ring.Read);
        await rewrapping.Run(await Objects().ToListAsync(Cancel), Cancel);
        Assert.Equal((0, 3, 1), (rewrapping.Report!.Done, rewrapping.Report.Left.Count, asked));
        Assert.Contains($"still needs key {old}", Assert.Single(rewrapping.Failures).Message, StringComparison.Ordinal);
        Assert.Equal([old, old, old], await WrapIds());
    }

    [Fact]
    public async Task A_new_wrap_that_reads_back_wrong_leaves_the_old_one()
    {
        await Stored.Backup(Start);
        var old = ring.Current;
        ring.Exchange();
        var garbled = await Rewrap(new Garbles(store, "/keys/"));
        Assert.Equal((0, 1), (garbled.Done, garbled.Left.Count));
        Assert.Contains(old, await WrapIds());
        Assert.Equal(1, (await Rewrap(store)).Done);
        Assert.Equal([ring.Current], await WrapIds());
        Assert.True(Assert.Single(await Entries()).Complete);
    }

    [Fact]
    public async Task A_wrap_that_is_another_backups_is_replaced_before_the_old_one_goes()
    {
        var (first, second) = (await Stored.Backup(Start), await Stored.Backup(Start.AddDays(1)));
        var old = ring.Current;
        ring.Exchange();
        await Rewrap(store, entry => entry.Keys == second);
        var current = KeyId.Parse(ring.Current)!;
        var wrap = Shell.Run("sed", $"s/{second.Id}/{first.Id}/", scratch["store/" + second.Wrap(current)]);
        await store.Put(first.Wrap(current), Encoding.UTF8.GetBytes(wrap), Cancel);
        Assert.Equal(1, (await Rewrap(store)).Done);
        Assert.DoesNotContain(old, await WrapIds());
        ring.Forget(old);
        Assert.All(await Entries(), entry => Assert.True(entry.Complete));
    }

    /// <summary>A copy of the Secret may be older than its source: there the old key is still the current one.</summary>
    [Fact]
    public async Task Two_runs_with_rings_of_two_ages_never_remove_the_last_wrap()
    {
        await Stored.Backup(Start);
        var old = ring.Current;
        ring.Exchange();
        var older = scratch.Folder("older");
        File.Copy(Path.Join(ring.Path, "key-" + old), Path.Join(older, "key"));
        File.Copy(Path.Join(ring.Path, "key"), Path.Join(older, "key-" + ring.Current));
        var meddled = false;
        var newer = await Rewrap(new FaultyStore(store, call =>
        {
            // It has stored its wrap and is about to delete the old one.
            if (call != 1 || meddled)
                return;
            meddled = true;
            var other = new Rewrapping(store, () => KeyRing.Open(older, "key"));
            other.Run(Objects().ToBlockingEnumerable(Cancel).ToList(), Cancel).GetAwaiter().GetResult();
            Assert.Equal(1, other.Report!.Done);
        }));
        Assert.Equal((1, true), (newer.Done, meddled));
        Assert.Contains(ring.Current, await WrapIds());
        Assert.True(Assert.Single(await Entries()).Complete);
    }

    [Fact]
    public async Task A_wrap_that_cannot_be_deleted_does_not_keep_the_others_from_being_rewrapped()
    {
        var stuck = await Stored.Backup(Start);
        await Stored.Backup(Start.AddDays(1));
        ring.Exchange();
        var report = await Rewrap(new Holds(store, stuck.Id.Text));
        Assert.Equal([stuck.Id.Text], report.Left);
        Assert.Equal(1, report.Done);
        Assert.All(await Entries(), entry => Assert.True(entry.Complete));
    }

    sealed class Holds(IObjectStore inner, string word) : FaultyStore(inner, _ => { })
    {
        public override Task Delete(string key, CancellationToken cancel) => key.Contains(word, StringComparison.Ordinal) ? throw Failure() : base.Delete(key, cancel);
    }

    [Fact]
    public async Task What_has_no_manifest_is_left_alone()
    {
        await Stored.Backup(Start, manifest: false);
        await Stored.Backup(Start.AddDays(1));
        var old = ring.Current;
        ring.Exchange();
        Assert.Equal(1, (await Rewrap(store)).Done);
        Assert.Contains(old, await WrapIds());
    }

    /// <summary>The key that a wrap was made by may be out of use when it is stored; then it may be gone soon.</summary>
    [Fact]
    public async Task A_key_that_is_exchanged_meanwhile_is_followed()
    {
        await Stored.Backup(Start);
        ring.Exchange();
        var (outdated, exchanged) = (ring.Current, false);
        var report = await Rewrap(new FaultyStore(store, _ =>
        {
            if (!exchanged)
                ring.Exchange();
            exchanged = true;
        }));
        Assert.Equal((1, 0), (report.Done, report.Left.Count));
        ring.Forget(outdated);
        Assert.True(Assert.Single(await Entries()).Complete);
    }

    [Fact]
    public async Task One_damaged_backup_does_not_keep_the_others_from_being_rewrapped()
    {
        var damaged = await Stored.Backup(Start);
        await Stored.Backup(Start.AddDays(1));
        await store.Put(damaged.Mac, "nothing\n"u8.ToArray(), Cancel);
        var old = ring.Current;
        ring.Exchange();
        var report = await Rewrap(store);
        Assert.Equal(1, report.Done);
        Assert.Equal([damaged.Id.Text], report.Left);
        Assert.Equal(new[] { old, ring.Current }.Order(), (await WrapIds()).Order());
    }

    [Fact]
    public async Task Wraps_by_keys_that_the_ring_does_not_have_and_recovery_wraps_are_left_alone()
    {
        var keys = await Stored.Backup(Start);
        ring.Exchange();
        await store.Put(keys.Folder + "keys/0123456789abcdef.json", "another ring's"u8.ToArray(), Cancel);
        await store.Put(keys.RecoveryWrap, "the owner's"u8.ToArray(), Cancel);
        Assert.Equal(1, (await Rewrap(store)).Done);
        Assert.Equal(new[] { "0123456789abcdef", ring.Current }.Order(), (await WrapIds()).Order());
        Assert.NotNull(await store.Head(keys.RecoveryWrap, Cancel));
    }

    async Task<ReportedRewrap> Rewrap(IObjectStore to, Func<BackupObjects, bool>? which = null)
    {
        var rewrapping = new Rewrapping(to, ring.Read);
        await rewrapping.Run((await Objects().ToListAsync(Cancel)).Where(which ?? (_ => true)), Cancel);
        return rewrapping.Report!;
    }

    IAsyncEnumerable<BackupObjects> Objects() => new BackupCatalog(store, "", ManifestTrust.Open).Objects(Stored.Redis, Cancel);

    async Task<List<CatalogEntry>> Entries()
    {
        using var read = ring.Read();
        return await new BackupCatalog(store, "", new ManifestTrust(read, RequiresEncryption: true, new HashSet<BackupId>())).OfSeries(Stored.Redis, Cancel).ToListAsync(Cancel);
    }

    async Task<List<string>> WrapIds() =>
        await store.List("", Cancel).Select(stored => BackupKeys.WrapIdOfKey(stored.Key)).Where(id => id is not null).Select(id => id!.Text).ToListAsync(Cancel);

    string Manifests() => Shell.Bash($"cd {scratch["store"]}; find . -name 'backup.json*' -exec sha256sum {{}} + | sort");
}
