using System.Collections.Concurrent;
using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.Retry;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage;

/// <summary>What a request is to the store, whatever it looks like on the wire.</summary>
public enum WireKind
{
    Other,
    Put,
    Begin,
    Part,
    Complete,
    Abort,
    Head,
    Read,
    List,
    Delete,
}

/// <summary>What every store on a network must survive: each fault between it and its real server; one sealed subclass each.</summary>
public abstract class StoreFaultContract : IAsyncLifetime
{
    const int Tail = 100_000;

    readonly ConcurrentQueue<string> said = new();

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected FaultProxy Proxy { get; private set; } = null!;

    /// <summary>Through the proxy, with retries.</summary>
    protected IObjectStore Store { get; private set; } = null!;

    /// <summary>Past the proxy.</summary>
    protected IObjectStore Direct { get; private set; } = null!;

    /// <summary>Starts with an empty bucket; returns the address of the real server.</summary>
    protected abstract Task<Uri> Prepare();

    /// <summary>The bucket as it is seen through a server at <paramref name="address"/>, without retries.</summary>
    protected abstract IObjectStore OpenAt(Uri address, TimeProvider time);

    protected abstract WireKind KindOf(WireRequest request);

    protected abstract ValueTask CleanUp();

    public async ValueTask InitializeAsync()
    {
        var server = await Prepare();
        Proxy = await FaultProxy.Start(server, Cancel);
        Store = Retrying(TimeProvider.System);
        Direct = OpenAt(server, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        await CleanUp();
        GC.SuppressFinalize(this);
    }

    public static TheoryData<WireKind, string> Faults()
    {
        var all = new TheoryData<WireKind, string>();
        foreach (var kind in new[] { WireKind.Put, WireKind.Begin, WireKind.Part, WireKind.Complete, WireKind.Head, WireKind.Read, WireKind.List, WireKind.Delete })
        {
            foreach (var fault in new[] { "500", "503", "429", "drop" })
                all.Add(kind, fault);
        }
        foreach (var kind in new[] { WireKind.Put, WireKind.Part })
            all.Add(kind, "cut the request");
        foreach (var kind in new[] { WireKind.Read, WireKind.List })
            all.Add(kind, "cut the answer");
        return all;
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task What_happens_to_one_request_changes_nothing(WireKind kind, string fault)
    {
        Spoil(kind, Named(fault));
        var small = await Store.Put("a/small", "hello"u8.ToArray(), Cancel);
        var content = Patterned(Tail, 1);
        var big = await Upload(Store, "a/big", content);

        Assert.Equal("hello"u8.ToArray(), await Read(Store, small));
        Assert.Equal(big, await Store.Head("a/big", Cancel));
        var whole = await Read(Store, big);
        Assert.True(content.AsSpan().SequenceEqual(whole.AsSpan(whole.Length - Tail)));
        Assert.Equal(["a/big", "a/small"], await Keys(Store));
        await Store.Delete("a/small", Cancel);

        Proxy.AssertAllSpoiled();
        Assert.Equal(["a/big"], await Keys(Direct));
        Assert.Equal(whole.Length, (await Direct.Head("a/big", Cancel))!.Bytes);
        Assert.Empty(await Direct.ListUploads("", Cancel).ToListAsync(Cancel));
        Assert.NotEmpty(said);
    }

    [Fact]
    public async Task A_small_object_whose_answer_was_lost_is_not_stored_twice()
    {
        Spoil(WireKind.Put, new Fault.DropAnswer());
        Assert.Equal(5, (await Store.Put("a/small", "hello"u8.ToArray(), Cancel)).Bytes);
        Assert.Equal(1, Count(WireKind.Put));
    }

    [Fact]
    public async Task A_small_object_that_was_damaged_on_the_way_is_sent_again()
    {
        var content = Patterned(2000, 3);
        Spoil(WireKind.Put, new Fault.Garble(1000));
        await Store.Put("a/small", content, Cancel);
        Proxy.AssertAllSpoiled();
        Assert.Equal(content, await Read(Direct, (await Direct.Head("a/small", Cancel))!));
    }

    [Theory]
    [InlineData(WireKind.Put)]
    [InlineData(WireKind.Begin)]
    [InlineData(WireKind.Part)]
    [InlineData(WireKind.Complete)]
    [InlineData(WireKind.Read)]
    [InlineData(WireKind.List)]
    public async Task A_refusal_that_will_not_change_is_not_repeated(WireKind kind)
    {
        var there = await Direct.Put("a/there", "hello"u8.ToArray(), Cancel);
        Spoil(kind, new Fault.Answer(403), times: 1000);
        var refused = await Assert.ThrowsAsync<RunnerException>(async () =>
        {
            await Store.Put("a/small", "hello"u8.ToArray(), Cancel);
            await Upload(Store, "a/big", Patterned(Tail, 1));
            await Keys(Store);
            await Read(Store, there);
        });
        Assert.Equal(ExitCode.Storage, refused.ExitCode);
        Assert.Null(refused.Retry);
        // Two parts may be on their way at once.
        Assert.InRange(Count(kind), 1, kind == WireKind.Part ? 2 : 1);
        Assert.Empty(said);
        Assert.Empty(await Direct.ListUploads("", Cancel).ToListAsync(Cancel));
        Assert.Equal(kind is WireKind.Read or WireKind.List, await Direct.Head("a/big", Cancel) is not null);
    }

    [Fact]
    public async Task A_store_that_stays_broken_is_given_up_and_nothing_is_left_in_it()
    {
        var time = new ManualTime { Leaps = true };
        var store = new RetryingStore(OpenAt(Proxy.Address, TimeProvider.System), new RetryPolicy { Attempt = Timeout.InfiniteTimeSpan }, time, said.Enqueue);
        var start = time.GetTimestamp();
        Spoil(WireKind.Complete, new Fault.Answer(503), times: 100_000);
        var failed = await Assert.ThrowsAsync<RunnerException>(() => Upload(store, "a/big", Patterned(Tail, 1)));
        Assert.Equal(ExitCode.Storage, failed.ExitCode);
        Assert.Contains($"(tried {Count(WireKind.Complete)} times)", failed.Message, StringComparison.Ordinal);
        Assert.InRange(time.GetElapsedTime(start), TimeSpan.FromMinutes(14), TimeSpan.FromMinutes(16));
        // By a clock that leaps, nobody has the patience to wait for the abort, which goes on.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(TimeSpan.FromMinutes(2));
        while (await Direct.ListUploads("", Cancel).AnyAsync(Cancel))
            await Task.Delay(20, deadline.Token);
        Assert.Empty(await Keys(Direct));
    }

    [Fact]
    public async Task The_wait_that_the_service_asks_for_is_kept()
    {
        var time = new ManualTime { Leaps = true };
        var store = new RetryingStore(OpenAt(Proxy.Address, TimeProvider.System), new RetryPolicy { Attempt = Timeout.InfiniteTimeSpan }, time, said.Enqueue);
        var start = time.GetTimestamp();
        Spoil(WireKind.Put, new Fault.Answer(503, RetryAfterSeconds: 7));
        await store.Put("a/small", "hello"u8.ToArray(), Cancel);
        Assert.True(time.GetElapsedTime(start) >= TimeSpan.FromSeconds(7));
    }

    [Theory]
    [InlineData(WireKind.Put)]
    [InlineData(WireKind.Part)]
    [InlineData(WireKind.Read)]
    public async Task A_connection_on_which_nothing_moves_is_given_up_and_the_request_repeated(WireKind kind)
    {
        var time = new ManualTime();
        var store = new RetryingStore(OpenAt(Proxy.Address, time), Quick, TimeProvider.System, said.Enqueue);
        var held = new Fault.Hold();
        Spoil(kind, held);
        var work = Task.Run(
            async () =>
            {
                var small = await store.Put("a/small", "hello"u8.ToArray(), Cancel);
                await Upload(store, "a/big", Patterned(Tail, 1));
                return await Read(store, small);
            },
            Cancel);
        await held.Held.Task.WaitAsync(Cancel);
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal("hello"u8.ToArray(), await work.WaitAsync(Cancel));
        Assert.NotEmpty(said);
        // A second part may have been on its way too.
        Assert.All(said, told => Assert.Contains("no byte moved for 60 s", told, StringComparison.Ordinal));
        held.Released.SetResult();
    }

    [Theory]
    [InlineData(WireKind.Put)]
    [InlineData(WireKind.Part)]
    [InlineData(WireKind.Complete)]
    [InlineData(WireKind.Head)]
    [InlineData(WireKind.List)]
    [InlineData(WireKind.Delete)]
    public async Task A_run_that_is_stopped_is_stopped_at_once_and_that_is_no_failure(WireKind kind)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var held = new Fault.Hold();
        Spoil(kind, held);
        var work = Task.Run(
            async () =>
            {
                await Store.Put("a/small", "hello"u8.ToArray(), stop.Token);
                await using (var upload = await Store.BeginUpload("a/big", stop.Token))
                {
                    await upload.SendPart(1, 0, new byte[upload.PartSizes.Of(1)], stop.Token);
                    await upload.SendPart(2, upload.PartSizes.Of(1), new byte[Tail], stop.Token);
                    await upload.Complete(stop.Token);
                }
                await Store.Head("a/small", stop.Token);
                await Store.List("", stop.Token).ToListAsync(stop.Token);
                await Store.Delete("a/small", stop.Token);
            },
            Cancel);
        await held.Held.Task.WaitAsync(Cancel);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
        Assert.Empty(said);
        held.Released.SetResult();
    }

    [Fact]
    public async Task Reading_goes_on_where_a_connection_broke()
    {
        var content = Patterned(3_000_000, 5);
        var stored = await Direct.Put("a/long", content, Cancel);
        Spoil(WireKind.Read, new Fault.CutAnswer(1_000_000), times: 2);
        Spoil(WireKind.Read, new Fault.CutAnswer(0));
        var read = await Read(Store, stored, offset: 10);
        Assert.True(content.AsSpan(10).SequenceEqual(read));
        Proxy.AssertAllSpoiled();
        Assert.Equal(4, Count(WireKind.Read));
    }

    [Fact]
    public async Task An_object_that_is_replaced_while_it_is_read_is_an_error()
    {
        var stored = await Direct.Put("a/long", Patterned(3_000_000, 5), Cancel);
        Spoil(WireKind.Read, new Fault.CutAnswer(1_000_000));
        await using var stream = await Store.OpenRead(stored, 0, Cancel);
        await stream.ReadExactlyAsync(new byte[1000], Cancel);
        await Direct.Put("a/long", Patterned(3_000_000, 6), Cancel);
        var changed = await Assert.ThrowsAsync<RunnerException>(() => stream.CopyToAsync(Stream.Null, Cancel));
        Assert.Equal(ExitCode.Storage, changed.ExitCode);
        Assert.Contains("changed", changed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("500")]
    [InlineData("drop")]
    public async Task An_upload_is_aborted_also_when_the_first_try_fails(string fault)
    {
        Spoil(WireKind.Abort, Named(fault));
        await using (var upload = await Store.BeginUpload("a/big", Cancel))
        {
            await upload.SendPart(1, 0, new byte[upload.PartSizes.Of(1)], Cancel);
            await upload.SendPart(2, upload.PartSizes.Of(1), new byte[Tail], Cancel);
        }
        Proxy.AssertAllSpoiled();
        Assert.Empty(await Direct.ListUploads("", Cancel).ToListAsync(Cancel));
        Assert.Empty(await Keys(Direct));
    }

    protected void Spoil(WireKind kind, Fault fault, int times = 1) => Proxy.Spoil(request => KindOf(request) == kind, fault, times);

    protected int Count(WireKind kind) => Proxy.Requests.Count(request => KindOf(request) == kind);

    /// <summary>An object of one full part and <paramref name="tail"/> after it.</summary>
    protected static async Task<StoredObject> Upload(IObjectStore store, string key, byte[] tail)
    {
        await using var upload = await store.BeginUpload(key, Cancel);
        await using var stream = new UploadStream(upload, expectedBytes: 0);
        await stream.WriteAsync(Patterned(upload.PartSizes.Of(1), 2), Cancel);
        await stream.WriteAsync(tail, Cancel);
        return await stream.Finish(Cancel);
    }

    protected static async Task<byte[]> Read(IObjectStore store, StoredObject stored, long offset = 0)
    {
        await using var stream = await store.OpenRead(stored, offset, Cancel);
        using var content = new MemoryStream();
        await stream.CopyToAsync(content, Cancel);
        return content.ToArray();
    }

    protected static async Task<List<string>> Keys(IObjectStore store) => await store.List("", Cancel).Select(stored => stored.Key).ToListAsync(Cancel);

    protected static byte[] Patterned(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    static RetryPolicy Quick { get; } = new() { FirstDelay = TimeSpan.FromMilliseconds(5) };

    RetryingStore Retrying(TimeProvider time) => new(OpenAt(Proxy.Address, time), Quick, time, said.Enqueue);

    static Fault Named(string fault) => fault switch
    {
        "500" => new Fault.Answer(500),
        "503" => new Fault.Answer(503, RetryAfterSeconds: 0),
        "429" => new Fault.Answer(429),
        "drop" => new Fault.DropAnswer(),
        "cut the request" => new Fault.CutRequest(3),
        "cut the answer" => new Fault.CutAnswer(3),
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
