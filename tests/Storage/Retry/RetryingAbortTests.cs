using System.Collections.Concurrent;
using BackupRunner.Storage;
using BackupRunner.Storage.Files;
using BackupRunner.Storage.Retry;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.Retry;

/// <summary>An upload that cannot be aborted is told of, and keeps nobody: what made the run abort it is what counts.</summary>
public sealed class RetryingAbortTests : IDisposable
{
    readonly Scratch scratch = new();
    readonly ConcurrentQueue<string> said = new();
    readonly ManualTime time = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task An_upload_that_the_store_will_not_abort_is_told_with_the_reason()
    {
        await (await Begin(() => throw FaultyStore.Failure())).DisposeAsync();
        Assert.Equal("what was sent of \"a/one\" could not be removed; the service itself or prune will, in days: the store is gone", Assert.Single(said));
    }

    [Fact]
    public async Task An_abort_that_is_never_answered_is_waited_for_a_while_and_told()
    {
        var never = new TaskCompletionSource();
        var upload = await Begin(() => new ValueTask(never.Task));
        var disposing = upload.DisposeAsync().AsTask();
        Assert.False(disposing.IsCompleted);
        time.Advance(RetryingStore.Patience);
        await disposing.WaitAsync(TimeSpan.FromMinutes(2), Cancel);
        Assert.Equal("what was sent of \"a/one\" could not be removed; the service itself or prune will, in days", Assert.Single(said));
        never.SetResult();
    }

    Task<IObjectUpload> Begin(Func<ValueTask> abort) =>
        new RetryingStore(new Aborts(new FileObjectStore(scratch.Folder("store")), abort), new RetryPolicy { Attempt = Timeout.InfiniteTimeSpan }, time, said.Enqueue).BeginUpload("a/one", Cancel);

    sealed class Aborts(IObjectStore inner, Func<ValueTask> abort) : FaultyStore(inner, _ => { })
    {
        public override async Task<IObjectUpload> BeginUpload(string key, CancellationToken cancel) => new Upload(await base.BeginUpload(key, cancel), abort);
    }

    sealed class Upload(IObjectUpload inner, Func<ValueTask> abort) : IObjectUpload
    {
        public int PartsAtOnce => inner.PartsAtOnce;

        public PartSizes PartSizes => inner.PartSizes;

        public Task SendPart(int number, long offset, ReadOnlyMemory<byte> part, CancellationToken cancel) => inner.SendPart(number, offset, part, cancel);

        public Task<StoredObject> Complete(CancellationToken cancel) => inner.Complete(cancel);

        public ValueTask DisposeAsync() => abort();
    }
}
