using BackupRunner.Backups;
using BackupRunner.Hooks;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.Files;
using BackupRunner.Storage.Retry;
using BackupRunner.Templates;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Storage;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Backups;

public sealed class BackupRunTests : IDisposable
{
    static readonly DateTimeOffset Now = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    readonly Scratch scratch = new();
    readonly FileObjectStore store;
    readonly List<string> warnings = [];
    readonly Ring ring;

    public BackupRunTests()
    {
        store = new FileObjectStore(scratch.Folder("store"));
        ring = new Ring(scratch["ring"]);
        scratch.File("data/one", "1");
        scratch.File("data/two", new string('2', 100_000));
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_that_goes_away_at_any_step_never_shows_half_a_backup_and_the_rest_is_swept(bool encrypted)
    {
        var completed = 0;
        for (var survived = 0; completed == 0; survived++)
        {
            var dying = new DyingStore(store, survived);
            try
            {
                await Run(dying, new BackupPolicy(), encrypted: encrypted);
                completed++;
            }
            catch (RunnerException gone)
            {
                Assert.Equal(ExitCode.Storage, gone.ExitCode);
                Assert.DoesNotContain(await Entries(), entry => entry.Complete);
            }
            Shell.Bash($"find {scratch["store"]} -type f -not -path '*/backup.json' -exec touch -d '25 hours ago' {{}} +");
            var pruning = new Pruning(store, dryRun: false);
            await pruning.Sweep(await Entries(), "", "", DateTimeOffset.UtcNow, _ => false, Cancel);
            Assert.Equal(completed == 0 ? 0 : encrypted ? 5 : 3, Directory.GetFiles(scratch["store"], "*", SearchOption.AllDirectories).Length);
            Assert.True(survived < 30);
        }
        Assert.Single(await Entries());
    }

    /// <summary>Amazon dates an object that came in parts by the beginning of its upload.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_of_more_than_a_day_is_not_taken_for_a_killed_one_before_its_manifest(bool encrypted)
    {
        var swept = new List<string>();
        var dated = new DatesByBeginning(store);
        // Between any two steps another host prunes.
        var pruned = new FaultyStore(dated, _ => swept.AddRange(Prune(dated)));
        await Run(pruned, new BackupPolicy(), encrypted: encrypted);
        Assert.Empty(swept);
        Assert.True(Assert.Single(await Entries()).Complete);

        static List<string> Prune(IObjectStore store)
        {
            var pruning = new Pruning(store, dryRun: true);
            var entries = new BackupCatalog(store, "", ManifestTrust.Open).All(Cancel).ToBlockingEnumerable(Cancel).ToList();
            pruning.Sweep(entries, "", "", DateTimeOffset.UtcNow, _ => false, Cancel).GetAwaiter().GetResult();
            return [.. pruning.Deleted.Select(deleted => deleted.What)];
        }
    }

    sealed class DatesByBeginning(IObjectStore inner) : FaultyStore(inner, _ => { })
    {
        public override async Task<Page<StoredObject>> ListPage(string prefix, string? token, CancellationToken cancel)
        {
            var page = await base.ListPage(prefix, token, cancel);
            return page with { Items = [.. page.Items.Select(item => item.Key.EndsWith(".tar.gz", StringComparison.Ordinal) ? item with { Modified = item.Modified.AddHours(-25) } : item)] };
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_that_fails_but_lives_removes_what_it_stored(bool encrypted)
    {
        // Every step that changes the store fails once, and only once.
        for (var failing = 0; ; failing++)
        {
            var failed = false;
            var flaky = new FaultyStore(store, call =>
            {
                if (call != failing)
                    return;
                failed = true;
                throw FaultyStore.Failure();
            });
            try
            {
                await Run(flaky, new BackupPolicy(), encrypted: encrypted);
                Assert.False(failed);
                return;
            }
            catch (RunnerException)
            {
                Assert.True(failed);
                Assert.Empty(Directory.GetFileSystemEntries(scratch["store"]));
            }
        }
    }

    [Fact]
    public async Task A_store_that_kept_less_than_was_sent_ends_without_a_backup()
    {
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Run(new Forgetful(store), new BackupPolicy()));
        Assert.Equal(ExitCode.Storage, refused.ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(scratch["store"]));
    }

    [Fact]
    public async Task A_manifest_that_was_stored_without_an_answer_and_stays_keeps_its_data()
    {
        await Assert.ThrowsAsync<RunnerException>(() => Run(new HoldsItsManifest(store), new BackupPolicy()));
        Assert.True(Assert.Single(await Entries()).Complete);
        Assert.Contains("could not remove what this failed backup stored", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_stopped_removes_what_it_stored()
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Run(new Stopping(store, stop), new BackupPolicy(), cancel: stop.Token));
        Assert.Empty(Directory.GetFileSystemEntries(scratch["store"]));
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task A_run_that_is_stopped_does_not_wait_long_for_a_store_that_removes_nothing()
    {
        using var stop = new CancellationTokenSource();
        var time = new ManualTime();
        var stopping = new Stopping(store, stop) { Hung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) };
        var run = Run(stopping, new BackupPolicy(), time: time, cancel: stop.Token);
        await stopping.Hung.Task.WaitAsync(TimeSpan.FromMinutes(2), Cancel);
        time.Advance(RetryingStore.Patience);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromMinutes(2), Cancel));
        Assert.Contains("could not remove what this failed backup stored", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_folder_is_a_backup_of_nothing_with_a_warning()
    {
        scratch.Folder("empty");
        var manifest = await Run(store, new BackupPolicy(), scratch["empty"]);
        Assert.Equal((0L, 0L), (manifest.Archive.Entries, manifest.Archive.Files));
        Assert.Contains(warnings, warning => warning.Contains("is empty", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_archive_that_a_command_made_is_recorded_as_one()
    {
        var policy = new BackupPolicy { Commands = new CommandsPolicy { Backup = "tar -czf {{ Backup.archivePath }} -C {{ Values.dataPath }} ." } };
        var manifest = await Run(store, policy);
        Assert.Equal(ManifestArchive.FromCommand, manifest.Archive.Source);
        Assert.Null(manifest.Gzip);
        Assert.Null(manifest.Archive.Files);
        var entry = Assert.Single(await Entries());
        Assert.True(entry.Complete);
        Assert.Equal("./\n./one\n./two\n", Shell.Bash($"tar -tzf {scratch["store/" + entry.Keys.Archive(null)]} | sort"));
        Assert.Empty(Directory.GetFiles(scratch["archives"], "backup*"));
    }

    async Task<Manifest> Run(IObjectStore to, BackupPolicy policy, string? data = null, TimeProvider? time = null, bool encrypted = false, CancellationToken? cancel = null)
    {
        data ??= scratch["data"];
        var id = BackupId.New(Now, Guid.NewGuid().ToByteArray());
        var archive = scratch["archives/backup.tar.gz"];
        var model = new TemplateModel(
            new Dictionary<string, object?> { ["dataPath"] = data },
            new BackupNames(id.Text, "", archive, archive + ".sha256"),
            new WorkloadNames("statefulset", "redis", "shop", "", "", "data-redis-0"));
        var plan = BackupPlan.For(new BackupKeys("", Stored.Redis, id), data, policy, null, model) with { Encryption = encrypted ? ring.Encryption : null };
        var shell = new LocalShell(Redaction.Of(new Dictionary<string, string>()), _ => { }, TimeProvider.System);
        var run = new BackupRun(
            plan, to, LocalWorkload.Of(shell, new FrozenMarkFile(scratch["frozen.json"])), new BackupWatch(_ => { }, warnings.Add, Bytes: null), time ?? TimeProvider.System);
        return (await run.Run(cancel ?? Cancel)).Manifest;
    }

    /// <summary>The answer to storing the manifest is lost, and nobody may remove it.</summary>
    sealed class HoldsItsManifest(IObjectStore inner) : FaultyStore(inner, _ => { })
    {
        public override async Task<StoredObject> Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancel)
        {
            var put = await base.Put(key, content, cancel);
            return IsManifest(key) ? throw Failure() : put;
        }

        public override Task Delete(string key, CancellationToken cancel) => IsManifest(key) ? throw Failure() : base.Delete(key, cancel);

        static bool IsManifest(string key) => key.EndsWith("/backup.json", StringComparison.Ordinal);
    }

    /// <summary>The run is told to stop when the archive is stored.</summary>
    sealed class Stopping(IObjectStore inner, CancellationTokenSource stop) : FaultyStore(inner, _ => { })
    {
        /// <summary>Set by the first deletion, where none ever ends.</summary>
        public TaskCompletionSource? Hung { get; init; }

        public override async Task<StoredObject> Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancel)
        {
            await stop.CancelAsync();
            throw new OperationCanceledException(stop.Token);
        }

        public override async Task Delete(string key, CancellationToken cancel)
        {
            if (Hung?.TrySetResult() is not null)
                await Task.Delay(Timeout.Infinite, cancel);
            cancel.ThrowIfCancellationRequested();
            await base.Delete(key, cancel);
        }
    }

    async Task<List<CatalogEntry>> Entries() => await new BackupCatalog(store, "", ManifestTrust.Open).All(Cancel).ToListAsync(Cancel);
}
