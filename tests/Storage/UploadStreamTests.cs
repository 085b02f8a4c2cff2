using BackupRunner.Reports;
using BackupRunner.Storage;

namespace BackupRunner.Tests.Storage;

public sealed class UploadStreamTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_part_goes_on_when_the_write_that_filled_it_is_over()
    {
        var upload = new Gated();
        await using var stream = new UploadStream(upload, expectedBytes: 0);
        using (var write = new CancellationTokenSource())
        {
            await stream.WriteAsync(new byte[Gated.Part], write.Token);
            await write.CancelAsync();
        }
        upload.Open.SetResult();
        Assert.Equal(Gated.Part, (await stream.Finish(Cancel)).Bytes);
    }

    [Fact]
    public async Task Never_sends_more_parts_at_once_than_it_may()
    {
        var upload = new Gated();
        await using var stream = new UploadStream(upload, expectedBytes: 0);
        await stream.WriteAsync(new byte[3 * Gated.Part - 1], Cancel);
        Assert.Equal(2, upload.OnTheirWay);
        var third = stream.WriteAsync(new byte[1], Cancel).AsTask();
        Assert.False(third.IsCompleted);
        Assert.Equal(2, upload.OnTheirWay);
        upload.Open.SetResult();
        await third;
        await stream.Finish(Cancel);
    }

    [Fact]
    public async Task Parts_that_are_too_large_for_the_buffer_are_sent_one_at_a_time()
    {
        var upload = new Gated();
        await using var stream = new UploadStream(upload, expectedBytes: 0, bufferBytes: 3 * Gated.Part - 1);
        await stream.WriteAsync(new byte[2 * Gated.Part - 1], Cancel);
        var second = stream.WriteAsync(new byte[1], Cancel).AsTask();
        Assert.False(second.IsCompleted);
        Assert.Equal(1, upload.OnTheirWay);
        upload.Open.SetResult();
        await second;
        Assert.Equal(2 * Gated.Part, (await stream.Finish(Cancel)).Bytes);
    }

    [Fact]
    public async Task Disposing_ends_and_waits_for_every_part_also_one_that_a_cancelled_write_waited_for()
    {
        var upload = new Gated { PartsAtOnce = 1 };
        var stream = new UploadStream(upload, expectedBytes: 0);
        using var write = new CancellationTokenSource();
        await stream.WriteAsync(new byte[Gated.Part], write.Token);
        var second = stream.WriteAsync(new byte[Gated.Part], write.Token).AsTask();
        await write.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(1, upload.OnTheirWay);
        await stream.DisposeAsync();
        Assert.Equal(0, upload.OnTheirWay);
    }

    [Fact]
    public async Task A_part_that_fails_ends_the_stream_with_its_own_error()
    {
        var upload = new Gated { PartsAtOnce = 1 };
        await using var stream = new UploadStream(upload, expectedBytes: 0);
        await stream.WriteAsync(new byte[Gated.Part], Cancel);
        upload.Open.SetException(new RunnerException(ExitCode.Storage, "no space left"));
        var failed = await Assert.ThrowsAsync<RunnerException>(() => stream.Finish(Cancel));
        Assert.Equal("no space left", failed.Message);
    }

    [Fact]
    public async Task A_part_that_failed_ends_the_stream_at_the_next_full_part_also_when_more_may_be_on_their_way()
    {
        var upload = new Gated();
        await using var stream = new UploadStream(upload, expectedBytes: 0);
        await stream.WriteAsync(new byte[Gated.Part], Cancel);
        upload.Open.SetException(new RunnerException(ExitCode.Storage, "no space left"));
        await Assert.ThrowsAsync<RunnerException>(() => stream.WriteAsync(new byte[Gated.Part], Cancel).AsTask());
    }

    [Fact]
    public async Task Parts_may_grow_while_they_are_sent()
    {
        var upload = new Gated { PartSizes = new PartSizes(Gated.Part, Doubling: 2, Steady: 100, Overtaking: 1, MostBytes: 8 * Gated.Part) };
        upload.Open.SetResult();
        await using var stream = new UploadStream(upload, expectedBytes: null);
        await stream.WriteAsync(new byte[60 * Gated.Part], Cancel);
        Assert.Equal(60 * Gated.Part, (await stream.Finish(Cancel)).Bytes);
    }

    [Fact]
    public async Task A_stream_that_is_given_up_waits_for_the_parts_on_their_way_so_that_the_upload_can_be_aborted()
    {
        var upload = new Gated { Lingering = 10_000 };
        var stream = new UploadStream(upload, expectedBytes: 0);
        await stream.WriteAsync(new byte[Gated.Part], Cancel);
        Assert.Equal(1, upload.OnTheirWay);
        await stream.DisposeAsync();
        Assert.Equal(0, upload.OnTheirWay);
    }

    /// <summary>Two parts of 32 MiB fit the buffer; nothing larger does.</summary>
    [Theory]
    [InlineData(128L << 30, 64)]
    [InlineData(130L << 30, 128)]
    [InlineData(320L << 30, 256)]
    public async Task Says_how_much_memory_parts_of_an_object_of_that_size_take(long expected, long mebibytes)
    {
        await using var stream = new UploadStream(new Gated { PartSizes = PartSizes.S3 }, expected);
        Assert.Equal(mebibytes << 20, stream.HeldBytes);
    }

    /// <summary>An upload whose parts wait for a gate.</summary>
    sealed class Gated : IObjectUpload
    {
        public const int Part = 1000;

        int onTheirWay;
        long bytes;

        public TaskCompletionSource Open { get; } = new();

        public int OnTheirWay => Volatile.Read(ref onTheirWay);

        public int PartsAtOnce { get; init; } = 2;

        public PartSizes PartSizes { get; init; } = PartSizes.Same(Part);

        /// <summary>So often a part that is given up lets others go first.</summary>
        public int Lingering { get; init; }

        public async Task SendPart(int number, long offset, ReadOnlyMemory<byte> part, CancellationToken cancel)
        {
            Interlocked.Increment(ref onTheirWay);
            try
            {
                await Open.Task.WaitAsync(cancel);
                Interlocked.Add(ref bytes, part.Length);
            }
            catch (OperationCanceledException)
            {
                for (var turn = 0; turn < Lingering; turn++)
                    await Task.Yield();
                throw;
            }
            finally
            {
                Interlocked.Decrement(ref onTheirWay);
            }
        }

        public Task<StoredObject> Complete(CancellationToken cancel) => Task.FromResult(new StoredObject("k", bytes, default, ""));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
