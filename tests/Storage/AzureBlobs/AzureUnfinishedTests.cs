using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using BackupRunner.Storage;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.AzureBlobs;

public sealed class AzureUnfinishedTests : IAsyncLifetime
{
    AzureContainer container = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    IObjectStore Store => container.Store;

    public async ValueTask InitializeAsync() => container = await AzureContainer.Create(Cancel);

    public async ValueTask DisposeAsync() => await container.DisposeAsync();

    [Fact]
    public async Task An_unfinished_upload_is_as_young_as_the_part_that_it_sent_last()
    {
        var time = new AheadTime(TimeSpan.FromHours(3));
        var upload = await container.Open(time: time).BeginUpload("a/big", Cancel);
        time.Ahead += TimeSpan.FromHours(30);
        var before = DateTimeOffset.UtcNow.AddHours(30).AddSeconds(-3);
        await upload.SendPart(1, 0, "x"u8.ToArray(), Cancel);
        var modified = Assert.Single(await Uploads()).Modified;
        // By the store's clock, which this one's was three hours ahead of.
        Assert.InRange(modified, before, DateTimeOffset.UtcNow.AddHours(30).AddSeconds(3));
    }

    [Fact]
    public async Task Blocks_of_another_program_are_listed_and_never_old()
    {
        await Stage("a/theirs", "dGhlaXJz");
        var found = Assert.Single(await Uploads());
        Assert.Equal("a/theirs", found.Key);
        Assert.InRange(found.Modified, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        await Store.AbortUpload(found, Cancel);
        Assert.Empty(await Uploads());
    }

    [Fact]
    public async Task Blocks_of_another_program_under_the_same_key_are_told_of()
    {
        await Stage("a/big", "dGhlaXJz");
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Store.BeginUpload("a/big", Cancel));
        Assert.Contains("parts of another program wait under this key", refused.Message, StringComparison.Ordinal);
        Assert.Null(refused.Retry);
    }

    [Fact]
    public async Task An_upload_that_was_completed_since_it_was_listed_is_not_aborted()
    {
        await using var upload = await Store.BeginUpload("a/big", Cancel);
        await upload.SendPart(1, 0, "hello"u8.ToArray(), Cancel);
        var listed = Assert.Single(await Uploads());
        var stored = await upload.Complete(Cancel);
        await Store.AbortUpload(listed, Cancel);
        Assert.Equal(stored, await Store.Head("a/big", Cancel));
    }

    [Fact]
    public async Task An_upload_that_began_since_another_was_listed_is_not_aborted()
    {
        await Store.BeginUpload("a/big", Cancel);
        var listed = Assert.Single(await Uploads());
        await Store.AbortUpload(listed, Cancel);
        await using var upload = await Store.BeginUpload("a/big", Cancel);
        await upload.SendPart(1, 0, "hello"u8.ToArray(), Cancel);
        await Store.AbortUpload(listed, Cancel);
        Assert.Equal(5, (await upload.Complete(Cancel)).Bytes);
    }

    [Fact]
    public Task An_object_that_appears_while_an_upload_is_aborted_stays() => StaysThroughAnAbortHeldAt(request => AzureWire.KindOf(request) == WireKind.Abort);

    [Fact]
    public Task An_object_that_replaces_the_empty_one_of_an_abort_stays() => StaysThroughAnAbortHeldAt(request => request.Method == "DELETE");

    async Task StaysThroughAnAbortHeldAt(Func<WireRequest, bool> step)
    {
        await using var proxy = await FaultProxy.Start(AzureContainer.Service, Cancel);
        await Store.BeginUpload("a/big", Cancel);
        var listed = Assert.Single(await Uploads());
        var held = new Fault.Hold();
        proxy.Spoil(step, held);
        var abort = container.Open(proxy.Address).AbortUpload(listed, Cancel);
        await held.Held.Task.WaitAsync(Cancel);
        var put = await Store.Put("a/big", "hello"u8.ToArray(), Cancel);
        held.Released.SetResult();
        await abort;
        Assert.Equal(put, await Store.Head("a/big", Cancel));
    }

    [Fact]
    public async Task An_abort_that_died_half_way_leaves_no_object_and_is_finished_by_the_next()
    {
        await using var proxy = await FaultProxy.Start(AzureContainer.Service, Cancel);
        await Store.BeginUpload("a/big", Cancel);
        proxy.Spoil(request => request.Method == "DELETE", new Fault.CutRequest(0));
        await Assert.ThrowsAsync<RunnerException>(async () => await container.Open(proxy.Address).AbortUpload(Assert.Single(await Uploads()), Cancel));
        Assert.NotEmpty(await container.Client.GetBlobsAsync(cancellationToken: Cancel).ToListAsync(Cancel));
        Assert.Empty(await Store.List("", Cancel).ToListAsync(Cancel));
        Assert.Null(await Store.Head("a/big", Cancel));
        await Store.AbortUpload(Assert.Single(await Uploads()), Cancel);
        Assert.Empty(await Uploads());
        Assert.Empty(await container.Client.GetBlobsAsync(cancellationToken: Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task What_an_earlier_upload_left_is_not_mixed_into_the_next()
    {
        var dead = await Store.BeginUpload("a/big", Cancel);
        await dead.SendPart(1, 0, "old one"u8.ToArray(), Cancel);
        await dead.SendPart(2, 7, "old two"u8.ToArray(), Cancel);
        await using var upload = await Store.BeginUpload("a/big", Cancel);
        await upload.SendPart(1, 0, "new"u8.ToArray(), Cancel);
        Assert.Equal(3, (await upload.Complete(Cancel)).Bytes);
        Assert.Empty(await Uploads());
        await Assert.ThrowsAsync<RunnerException>(() => dead.Complete(Cancel));
        Assert.Equal(3, (await Store.Head("a/big", Cancel))!.Bytes);
    }

    [Fact]
    public async Task Many_parts_are_in_the_order_of_their_numbers_whatever_order_they_were_sent_in()
    {
        byte[] content = [.. Enumerable.Range(1, 70).Select(number => (byte)number)];
        await using var upload = await Store.BeginUpload("a/big", Cancel);
        foreach (var number in content.Reverse())
            await upload.SendPart(number, number - 1, new[] { number }, Cancel);
        await using var stream = await Store.OpenRead(await upload.Complete(Cancel), 0, Cancel);
        var read = new byte[content.Length];
        await stream.ReadExactlyAsync(read, Cancel);
        Assert.Equal(content, read);
    }

    [Fact]
    public async Task Blocks_beside_an_object_are_no_unfinished_upload()
    {
        foreach (var key in new[] { "a/empty", "a/full" })
        {
            await Store.Put(key, new byte["a/empty".Length - key.Length], Cancel);
            await Store.BeginUpload(key, Cancel);
        }
        Assert.Empty(await Uploads());
    }

    [Fact]
    public async Task Blocks_of_ours_among_those_of_another_program_are_never_old()
    {
        await Store.BeginUpload("a/big", Cancel);
        await Stage("a/big", Convert.ToBase64String(new byte[24]));
        Assert.Equal("foreign", Assert.Single(await Uploads()).Handle);
    }

    [Fact]
    public async Task An_empty_object_is_no_unfinished_upload()
    {
        await Store.Put("a/empty", Array.Empty<byte>(), Cancel);
        Assert.Empty(await Uploads());
    }

    [Fact]
    public async Task The_folders_of_a_hierarchical_account_are_no_objects()
    {
        await container.Client.GetBlockBlobClient("a/folder").CommitBlockListAsync(
            [], new CommitBlockListOptions { Metadata = new Dictionary<string, string> { ["hdi_isfolder"] = "true" } }, Cancel);
        Assert.Empty(await Store.List("", Cancel).ToListAsync(Cancel));
    }

    async Task<List<UnfinishedUpload>> Uploads() => await Store.ListUploads("", Cancel).ToListAsync(Cancel);

    async Task Stage(string key, string block)
    {
        using var body = new MemoryStream([1]);
        await container.Client.GetBlockBlobClient(key).StageBlockAsync(block, body, new BlockBlobStageBlockOptions(), Cancel);
    }

    sealed class AheadTime(TimeSpan ahead) : TimeProvider
    {
        public TimeSpan Ahead { get; set; } = ahead;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
