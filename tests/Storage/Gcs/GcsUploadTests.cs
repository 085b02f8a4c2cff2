using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>The resumable upload, where it is not as with other stores.</summary>
public sealed class GcsUploadTests : IAsyncLifetime
{
    const int Quantum = FakeGcsSession.Quantum;

    GcsBucket bucket = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    FakeGcs Fake => bucket.Fake;

    public async ValueTask InitializeAsync() => bucket = await GcsBucket.Create(Cancel);

    public ValueTask DisposeAsync() => bucket.DisposeAsync();

    [Fact]
    public async Task The_newest_part_is_held_back_and_can_be_replaced()
    {
        await using var upload = await bucket.Store.BeginUpload("a", Cancel);
        var size = upload.PartSizes.Of(1);
        await upload.SendPart(1, 0, Filled(size, 1), Cancel);
        Assert.Equal(0, Assert.Single(Fake.Uploads.Unfinished).Kept);
        await upload.SendPart(1, 0, Filled(size, 2), Cancel);
        await upload.SendPart(2, size, Filled(10, 3), Cancel);
        Assert.Equal(size, Assert.Single(Fake.Uploads.Unfinished).Kept);
        await upload.SendPart(2, size, Filled(7, 4), Cancel);
        Assert.Equal(size + 7, (await upload.Complete(Cancel)).Bytes);
        Assert.Equal([.. Filled(size, 2), .. Filled(7, 4)], Fake.Bucket.Find("a")!.Content);
        Assert.Equal(1, Fake.Bucket.TimesCreated("a"));
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 32 << 20)]
    [InlineData(2, 1)]
    [InlineData(1, 1)]
    public async Task Parts_in_another_order_are_a_bug(int number, long offset)
    {
        await using var upload = await bucket.Store.BeginUpload("a", Cancel);
        await upload.SendPart(1, 0, Filled(upload.PartSizes.Of(1), 1), Cancel);
        await Assert.ThrowsAsync<InvalidOperationException>(() => upload.SendPart(number, offset, Filled(5, 1), Cancel));
    }

    [Fact]
    public async Task Only_the_last_part_is_shorter_than_the_others()
    {
        await using var upload = await bucket.Store.BeginUpload("a", Cancel);
        await upload.SendPart(1, 0, Filled(Quantum, 1), Cancel);
        await Assert.ThrowsAsync<InvalidOperationException>(() => upload.SendPart(2, Quantum, Filled(5, 1), Cancel));
    }

    [Theory]
    [InlineData(Quantum)]
    [InlineData((5 * Quantum) + 17)]
    public async Task What_the_service_does_not_keep_is_sent_again(int keep)
    {
        await using var upload = await bucket.Store.BeginUpload("a", Cancel);
        Assert.Single(Fake.Uploads.Unfinished).KeepOfEach = keep;
        var content = Patterned(upload.PartSizes.Of(1) + (2 * Quantum) + 99);
        await Send(upload, content);
        Assert.Equal(content.Length, (await upload.Complete(Cancel)).Bytes);
        Assert.True(content.AsSpan().SequenceEqual(Fake.Bucket.Find("a")!.Content));
    }

    [Fact]
    public async Task A_service_that_keeps_nothing_is_asked_again_later_and_not_for_ever()
    {
        await using var upload = await bucket.Store.BeginUpload("a", Cancel);
        var session = Assert.Single(Fake.Uploads.Unfinished);
        session.KeepOfEach = 0;
        var content = Patterned(Quantum + 5);
        await upload.SendPart(1, 0, content, Cancel);
        var failed = await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel));
        Assert.NotNull(failed.Retry);
        Assert.Contains("kept nothing", failed.Message, StringComparison.Ordinal);
        session.KeepOfEach = int.MaxValue;
        Assert.Equal(content.Length, (await upload.Complete(Cancel)).Bytes);
    }

    [Theory]
    [InlineData(3 * Quantum)]
    [InlineData((3 * Quantum) + 1000)]
    [InlineData(10)]
    public async Task A_chunk_that_was_cut_goes_on_where_the_service_stopped(int cutAfter)
    {
        await using var proxy = await FaultProxy.Start(bucket.Address, Cancel);
        proxy.Spoil(request => request.Method == "PUT", new Fault.CutRequest(cutAfter), 1);
        await using var upload = await bucket.OpenAt(proxy.Address, TimeProvider.System).BeginUpload("a", Cancel);
        var content = Patterned(upload.PartSizes.Of(1) + 10);
        await upload.SendPart(1, 0, content.AsMemory(0, upload.PartSizes.Of(1)), Cancel);
        var cut = await Assert.ThrowsAsync<RunnerException>(() => upload.SendPart(2, upload.PartSizes.Of(1), content.AsMemory(upload.PartSizes.Of(1)), Cancel));
        Assert.NotNull(cut.Retry);
        await Assert.ThrowsAsync<InvalidOperationException>(() => upload.SendPart(1, 0, content.AsMemory(0, 5), Cancel));
        await upload.SendPart(2, upload.PartSizes.Of(1), content.AsMemory(upload.PartSizes.Of(1)), Cancel);
        await upload.Complete(Cancel);
        Assert.True(content.AsSpan().SequenceEqual(Fake.Bucket.Find("a")!.Content));
        var resumed = proxy.Requests.Where(request => request.Method == "PUT").Select(request => request.Headers.ContentRange.ToString()).ToList();
        Assert.Equal("bytes */*", resumed[1]);
        Assert.StartsWith("bytes ", resumed[2], StringComparison.Ordinal);
        Assert.Equal(0, long.Parse(resumed[2]["bytes ".Length..].Split('-')[0], System.Globalization.CultureInfo.InvariantCulture) % Quantum);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_completion_whose_answer_was_lost_is_found_and_not_repeated(bool terse)
    {
        await using var proxy = await FaultProxy.Start(bucket.Address, Cancel);
        proxy.Spoil(request => request.Method == "PUT", new Fault.DropAnswer(), 1);
        await using var upload = await bucket.OpenAt(proxy.Address, TimeProvider.System).BeginUpload("a", Cancel);
        Assert.Single(Fake.Uploads.Unfinished).Terse = terse;
        await upload.SendPart(1, 0, Filled(9, 1), Cancel);
        Assert.NotNull((await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel))).Retry);
        var stored = await upload.Complete(Cancel);
        Assert.Equal(stored, await bucket.Store.Head("a", Cancel));
        Assert.Equal(1, Fake.Bucket.TimesCreated("a"));
    }

    [Fact]
    public async Task A_completion_whose_session_is_gone_is_found_by_its_checksum()
    {
        await using var proxy = await FaultProxy.Start(bucket.Address, Cancel);
        proxy.Spoil(request => request.Method == "PUT", new Fault.DropAnswer(), 1);
        await using var upload = await bucket.OpenAt(proxy.Address, TimeProvider.System).BeginUpload("a", Cancel);
        await upload.SendPart(1, 0, Filled(9, 1), Cancel);
        await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel));
        Fake.Uploads.ExpireAll();
        Assert.Equal(9, (await upload.Complete(Cancel)).Bytes);
        Assert.Equal(1, Fake.Bucket.TimesCreated("a"));
    }

    [Fact]
    public async Task What_was_completed_without_an_answer_and_is_given_up_is_removed()
    {
        await using var proxy = await FaultProxy.Start(bucket.Address, Cancel);
        proxy.Spoil(request => request.Method == "PUT", new Fault.DropAnswer(), 1);
        await using (var upload = await bucket.OpenAt(proxy.Address, TimeProvider.System).BeginUpload("a", Cancel))
        {
            await upload.SendPart(1, 0, Filled(9, 1), Cancel);
            await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel));
            Assert.NotNull(Fake.Bucket.Find("a"));
        }
        Assert.Null(Fake.Bucket.Find("a"));
    }

    [Fact]
    public async Task An_upload_whose_session_has_ended_cannot_go_on()
    {
        await bucket.Store.Put("a", Filled(3, 1), Cancel);
        await using var upload = await bucket.Store.BeginUpload("a", Cancel);
        await upload.SendPart(1, 0, Filled(9, 1), Cancel);
        Fake.Uploads.ExpireAll();
        var failed = await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel));
        Assert.Equal(ExitCode.Storage, failed.ExitCode);
        Assert.Null(failed.Retry);
        Assert.Contains("given up by the service (404", failed.Message, StringComparison.Ordinal);
        Assert.Equal(3, Fake.Bucket.Find("a")!.Content.Length);
    }

    [Fact]
    public async Task A_long_upload_that_was_damaged_on_the_way_is_refused_before_it_is_visible()
    {
        await using var proxy = await FaultProxy.Start(bucket.Address, Cancel);
        proxy.Spoil(request => request.Method == "PUT", new Fault.Garble(100), 1);
        await using (var upload = await bucket.OpenAt(proxy.Address, TimeProvider.System).BeginUpload("a", Cancel))
        {
            await Send(upload, Patterned(upload.PartSizes.Of(1) + 10));
            var failed = await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel));
            Assert.Null(failed.Retry);
            Assert.Contains("other bytes than were sent", failed.Message, StringComparison.Ordinal);
        }
        Assert.Equal(0, Fake.Bucket.TimesCreated("a"));
        Assert.Empty(Fake.Uploads.Unfinished);
    }

    [Fact]
    public async Task A_short_upload_that_was_damaged_on_the_way_is_sent_again()
    {
        await using var proxy = await FaultProxy.Start(bucket.Address, Cancel);
        proxy.Spoil(request => request.Method == "PUT", new Fault.Garble(100), 1);
        await using var upload = await bucket.OpenAt(proxy.Address, TimeProvider.System).BeginUpload("a", Cancel);
        var content = Patterned(1000);
        await upload.SendPart(1, 0, content, Cancel);
        Assert.NotNull((await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel))).Retry);
        Assert.Equal(1000, (await upload.Complete(Cancel)).Bytes);
        Assert.Equal(content, Fake.Bucket.Find("a")!.Content);
    }

    [Fact]
    public async Task What_the_service_stored_wrong_is_deleted_again()
    {
        Fake.Uploads.Damages = true;
        await using var upload = await bucket.Store.BeginUpload("a", Cancel);
        await upload.SendPart(1, 0, Filled(9, 1), Cancel);
        var failed = await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel));
        Assert.Equal(ExitCode.Storage, failed.ExitCode);
        Assert.Null(failed.Retry);
        Assert.Contains("checksum", failed.Message, StringComparison.Ordinal);
        Assert.Null(Fake.Bucket.Find("a"));
    }

    [Fact]
    public async Task The_address_of_a_session_is_in_no_message()
    {
        await using var upload = await bucket.Store.BeginUpload("a", Cancel);
        var id = Assert.Single(Fake.Uploads.Unfinished).Id;
        await upload.SendPart(1, 0, Filled(9, 1), Cancel);
        Fake.Refuse(request => request.Method == "PUT", new FakeGcsException(503, "backendError", "Backend Error"));
        var failed = await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel));
        Assert.DoesNotContain(id, failed.ToString() + failed.Hint, StringComparison.Ordinal);
        Assert.Contains("503 backendError: Backend Error", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("AFfake-", failed.Message, StringComparison.Ordinal);
    }

    static async Task Send(IObjectUpload upload, byte[] content)
    {
        for (var (number, at) = (1, 0); at < content.Length; number++)
        {
            var count = Math.Min(upload.PartSizes.Of(number), content.Length - at);
            await upload.SendPart(number, at, content.AsMemory(at, count), Cancel);
            at += count;
        }
    }

    static byte[] Filled(int count, byte value) => [.. Enumerable.Repeat(value, count)];

    static byte[] Patterned(int count)
    {
        var bytes = new byte[count];
        new Random(7).NextBytes(bytes);
        return bytes;
    }
}
