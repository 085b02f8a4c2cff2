using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.Files;
using BackupRunner.Storage.Retry;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.Retry;

public sealed class RetryingTests : IDisposable
{
    readonly Scratch scratch = new();
    readonly List<string> said = [];
    readonly ManualTime time = new() { Leaps = true };

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static RetryPolicy Policy { get; } = new() { Attempt = Timeout.InfiniteTimeSpan };

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task What_passes_is_tried_again_and_told_each_time()
    {
        var store = Store(call =>
        {
            if (call < 3)
                throw Passing(answered: false);
        });
        await store.Put("a", "x"u8.ToArray(), Cancel);
        Assert.Equal(3, said.Count);
        Assert.All(said, line => Assert.Matches("^the store is busy; trying again in [0-9.]+ s$", line));
    }

    [Fact]
    public async Task What_does_not_pass_is_not_tried_again()
    {
        var calls = 0;
        var store = Store(_ =>
        {
            calls++;
            throw FaultyStore.Failure();
        });
        Assert.Equal("the store is gone", (await Assert.ThrowsAsync<RunnerException>(() => store.Put("a", "x"u8.ToArray(), Cancel))).Message);
        Assert.Equal((1, 0), (calls, said.Count));
    }

    [Fact]
    public async Task A_store_that_never_answers_is_given_up_in_seconds_and_one_that_stopped_to_answer_in_minutes()
    {
        var down = true;
        var store = Store(_ =>
        {
            if (down)
                throw Passing(answered: false);
        });
        Assert.InRange(await Failing(store), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15));
        down = false;
        await store.Put("a", "x"u8.ToArray(), Cancel);
        down = true;
        Assert.InRange(await Failing(store), TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
    }

    [Fact]
    public async Task The_failure_that_is_told_in_the_end_keeps_its_code_and_hint()
    {
        var failed = await Assert.ThrowsAsync<RunnerException>(() => Store(_ => throw Passing(answered: false)).Put("a", "x"u8.ToArray(), Cancel));
        Assert.Equal((ExitCode.Storage, "wait for it", null), (failed.ExitCode, failed.Hint, failed.Retry));
        Assert.Matches(@"^the store is busy \(tried \d+ times\)$", failed.Message);
    }

    [Fact]
    public async Task An_attempt_that_takes_too_long_is_cut_and_tried_again()
    {
        var clock = new ManualTime();
        var retrying = new Retrying(new RetryPolicy { Attempt = TimeSpan.FromHours(1), FirstDelay = TimeSpan.Zero }, clock, said.Add);
        var begun = new TaskCompletionSource();
        var work = retrying.Run(
            async (before, stop) =>
            {
                if (before is not null)
                    return 2;
                begun.SetResult();
                await Task.Delay(Timeout.Infinite, stop);
                return 0;
            },
            Cancel);
        await begun.Task;
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(2, await work);
        Assert.Contains("took longer than 60 min", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_ends_a_wait()
    {
        var retrying = new Retrying(Policy, new ManualTime(), said.Add);
        using var stop = new CancellationTokenSource();
        var work = retrying.Run<int>((_, _) => throw Passing(answered: true), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
    }

    [Fact]
    public async Task What_fails_because_of_a_stop_is_not_told()
    {
        using var stop = new CancellationTokenSource();
        var work = new Retrying(Policy, new ManualTime(), said.Add).Run<int>(
            (_, _) =>
            {
                stop.Cancel();
                throw Passing(answered: true);
            },
            stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
        Assert.Empty(said);
    }

    [Fact]
    public async Task A_store_that_answered_that_it_is_busy_and_then_falls_silent_is_not_given_up_soon()
    {
        var calls = 0;
        var store = Store(_ => throw Passing(answered: calls++ == 0));
        Assert.InRange(await Failing(store), TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(15));
    }

    [Fact]
    public async Task A_begun_upload_whose_answer_was_lost_is_aborted()
    {
        var files = new FileObjectStore(scratch.Folder("store"));
        var store = new RetryingStore(new LosesAnswers(files), Policy, time, said.Add);
        await using (var upload = await store.BeginUpload("a/one", Cancel))
        {
            Assert.Single(await files.ListUploads("", Cancel).ToListAsync(Cancel));
            await upload.SendPart(1, 0, "x"u8.ToArray(), Cancel);
            await upload.Complete(Cancel);
        }
        Assert.Empty(await files.ListUploads("", Cancel).ToListAsync(Cancel));
        Assert.Equal(1, (await files.Head("a/one", Cancel))!.Bytes);
    }

    /// <summary>The store has begun it, and who asked for it is told only that he was stopped.</summary>
    [Fact]
    public async Task A_run_that_is_stopped_while_it_begins_leaves_no_upload()
    {
        var files = new FileObjectStore(scratch.Folder("store"));
        using var stop = new CancellationTokenSource();
        var store = new RetryingStore(new LosesAnswers(files) { Before = stop.Cancel }, Policy, new ManualTime(), said.Add);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.BeginUpload("a/one", stop.Token));
        Assert.Empty(await files.ListUploads("", Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task Who_may_not_list_uploads_begins_them_all_the_same()
    {
        var files = new FileObjectStore(scratch.Folder("store"));
        var store = new RetryingStore(new LosesAnswers(new KeepsUploadsToItself(files, passing: false)), Policy, time, said.Add);
        await using var upload = await store.BeginUpload("a/one", Cancel);
        Assert.Equal(2, (await files.ListUploads("", Cancel).ToListAsync(Cancel)).Count);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_told_by_what_it_was_asked_for()
    {
        var files = new KeepsUploadsToItself(new FileObjectStore(scratch.Folder("store")), passing: true);
        var store = new RetryingStore(new FaultyStore(files, _ => throw Passing(answered: false)), Policy, time, said.Add);
        var failed = await Assert.ThrowsAsync<RunnerException>(() => store.BeginUpload("a/one", Cancel));
        Assert.StartsWith("the store is busy (tried", failed.Message, StringComparison.Ordinal);
        Assert.All(said, line => Assert.StartsWith("the store is busy", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_begun_upload_whose_answer_was_lost_is_aborted_also_when_no_other_attempt_follows()
    {
        var files = new FileObjectStore(scratch.Folder("store"));
        var store = new RetryingStore(new LosesAnswers(files), Policy with { FirstContact = TimeSpan.Zero }, new ManualTime(), said.Add);
        Assert.Equal("the store is busy", (await Assert.ThrowsAsync<RunnerException>(() => store.BeginUpload("a/one", Cancel))).Message);
        Assert.Empty(await files.ListUploads("", Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task The_upload_of_another_key_that_begins_alike_is_not_aborted()
    {
        var files = new FileObjectStore(scratch.Folder("store"));
        await using var other = await files.BeginUpload("a/one-more", Cancel);
        await using var upload = await new RetryingStore(new LosesAnswers(files), Policy, time, said.Add).BeginUpload("a/one", Cancel);
        Assert.Equal(["a/one", "a/one-more"], await files.ListUploads("", Cancel).Select(unfinished => unfinished.Key).Order().ToListAsync(Cancel));
    }

    sealed class KeepsUploadsToItself(IObjectStore inner, bool passing) : FaultyStore(inner, _ => { })
    {
        public override Task<Page<UnfinishedUpload>> ListUploadsPage(string prefix, string? token, CancellationToken cancel) =>
            throw (passing ? new RunnerException(ExitCode.Storage, "uploads cannot be listed now") { Retry = new RetryHint(null, Answered: false) } : Failure());
    }

    async Task<TimeSpan> Failing(IObjectStore store)
    {
        var start = time.GetTimestamp();
        await Assert.ThrowsAsync<RunnerException>(() => store.Delete("a", Cancel));
        return time.GetElapsedTime(start);
    }

    RetryingStore Store(Action<int> before) => new(new FaultyStore(new FileObjectStore(scratch.Folder("store")), before), Policy, time, said.Add);

    static RunnerException Passing(bool answered) => new(ExitCode.Storage, "the store is busy", "wait for it") { Retry = new RetryHint(null, answered) };

    /// <summary>Begins its first upload and says that it does not know.</summary>
    sealed class LosesAnswers(IObjectStore inner) : FaultyStore(inner, _ => { })
    {
        bool lost;

        /// <summary>Called before the answer is lost.</summary>
        public Action Before { get; init; } = () => { };

        public override async Task<IObjectUpload> BeginUpload(string key, CancellationToken cancel)
        {
            var upload = await base.BeginUpload(key, cancel);
            if (lost)
                return upload;
            lost = true;
            Before();
            cancel.ThrowIfCancellationRequested();
            throw Passing(answered: false);
        }
    }
}
