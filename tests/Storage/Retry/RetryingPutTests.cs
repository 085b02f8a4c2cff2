using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.Files;
using BackupRunner.Storage.Retry;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.Retry;

/// <summary>A small object whose first attempt had no answer: it is asked for what is there before it is stored once more.</summary>
public sealed class RetryingPutTests : IDisposable
{
    readonly Scratch scratch = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData("old")]
    [InlineData("new and longer")]
    [InlineData("ne")]
    public async Task What_was_under_the_key_before_is_not_taken_for_what_was_sent(string before)
    {
        var files = new FileObjectStore(scratch.Folder("store"));
        await files.Put("a", System.Text.Encoding.UTF8.GetBytes(before), Cancel);
        var stored = await Retrying(new FaultyStore(files, Lost)).Put("a", "new"u8.ToArray(), Cancel);
        Assert.Equal(3, stored.Bytes);
        Assert.Equal("new"u8.ToArray(), await Read(files, stored));
    }

    [Fact]
    public async Task What_cannot_be_read_to_its_end_is_stored_once_more()
    {
        var files = new FileObjectStore(scratch.Folder("store"));
        await files.Put("a", "new"u8.ToArray(), Cancel);
        var calls = 0;
        await Retrying(new CutsReads(files, call => { calls++; Lost(call); })).Put("a", "new"u8.ToArray(), Cancel);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_any_more_is_told_by_what_it_was_asked_for()
    {
        var gone = new Unreadable(new FileObjectStore(scratch.Folder("store")), _ => Lost(0));
        var failed = await Assert.ThrowsAsync<RunnerException>(() => Retrying(gone).Put("a", "new"u8.ToArray(), Cancel));
        Assert.StartsWith("the store is busy (tried", failed.Message, StringComparison.Ordinal);
    }

    sealed class Unreadable(IObjectStore inner, Action<int> before) : FaultyStore(inner, before)
    {
        public override Task<StoredObject?> Head(string key, CancellationToken cancel) =>
            throw new RunnerException(ExitCode.Storage, "cannot be read") { Retry = new RetryHint(null, Answered: false) };
    }

    static RetryingStore Retrying(IObjectStore store) => new(store, new RetryPolicy { Attempt = Timeout.InfiniteTimeSpan }, new ManualTime { Leaps = true }, _ => { });

    static void Lost(int call)
    {
        if (call == 0)
            throw new RunnerException(ExitCode.Storage, "the store is busy") { Retry = new RetryHint(null, Answered: false) };
    }

    static async Task<byte[]> Read(IObjectStore store, StoredObject stored)
    {
        await using var stream = await store.OpenRead(stored, 0, Cancel);
        var read = new byte[stored.Bytes];
        await stream.ReadExactlyAsync(read, Cancel);
        return read;
    }

    sealed class CutsReads(IObjectStore inner, Action<int> before) : FaultyStore(inner, before)
    {
        public override Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel) => Task.FromResult<Stream>(new Cut());
    }

    sealed class Cut : ForwardStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("it was cut");
    }
}
