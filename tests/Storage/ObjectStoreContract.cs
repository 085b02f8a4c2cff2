using BackupRunner.Reports;
using BackupRunner.Storage;

namespace BackupRunner.Tests.Storage;

/// <summary>What every store must do; one sealed subclass each.</summary>
public abstract class ObjectStoreContract
{
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract IObjectStore Store { get; }

    [Fact]
    public async Task An_object_that_was_put_is_read_back_whole()
    {
        var put = await Store.Put("a/b/one", "hello"u8.ToArray(), Cancel);
        Assert.Equal(("a/b/one", 5L), (put.Key, put.Bytes));
        Assert.Equal(put, await Store.Head("a/b/one", Cancel));
        Assert.Equal("hello"u8.ToArray(), await Read(put));
    }

    [Fact]
    public async Task Putting_again_replaces_and_changes_the_version()
    {
        var first = await Store.Put("a/one", "hello"u8.ToArray(), Cancel);
        var second = await Store.Put("a/one", "goodbye"u8.ToArray(), Cancel);
        Assert.NotEqual(first.Version, second.Version);
        Assert.Equal("goodbye"u8.ToArray(), await Read(second));
    }

    [Fact]
    public async Task A_read_begins_at_its_offset()
    {
        var put = await Store.Put("a/one", "hello world"u8.ToArray(), Cancel);
        Assert.Equal("world"u8.ToArray(), await Read(put, 6));
        Assert.Empty(await Read(put, 11));
    }

    [Fact]
    public async Task A_read_of_an_object_that_was_replaced_is_refused()
    {
        var old = await Store.Put("a/one", "hello"u8.ToArray(), Cancel);
        await Store.Put("a/one", "something else"u8.ToArray(), Cancel);
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Read(old));
        Assert.Equal(ExitCode.Storage, refused.ExitCode);
    }

    [Fact]
    public async Task A_missing_object_is_null_and_its_deletion_false()
    {
        Assert.Null(await Store.Head("no/such", Cancel));
        Assert.False(await Store.Delete("no/such", Cancel));
    }

    [Fact]
    public async Task A_deleted_object_is_gone()
    {
        await Store.Put("a/one", "x"u8.ToArray(), Cancel);
        Assert.True(await Store.Delete("a/one", Cancel));
        Assert.Null(await Store.Head("a/one", Cancel));
        Assert.Empty(await Keys("a/"));
    }

    [Fact]
    public async Task A_listing_is_in_the_order_of_keys_and_below_its_prefix_only()
    {
        string[] keys = ["a.b", "a/b", "a/b.c/d", "a/b/c", "a/b0", "a0", "ab/c", "b"];
        foreach (var key in keys.Where(key => key != "a/b").Reverse())
            await Store.Put(key, "x"u8.ToArray(), Cancel);
        Assert.Equal(["a.b", "a/b.c/d", "a/b/c", "a/b0", "a0", "ab/c", "b"], await Keys(""));
        Assert.Equal(["a/b.c/d", "a/b/c", "a/b0"], await Keys("a/b"));
        Assert.Equal(["a/b/c"], await Keys("a/b/"));
        Assert.Empty(await Keys("a/b/c/"));
        Assert.Empty(await Keys("zzz"));
    }

    [Fact]
    public async Task An_upload_is_visible_only_when_it_is_complete()
    {
        await using var upload = await Store.BeginUpload("a/big", Cancel);
        await upload.SendPart(1, 0, new byte[upload.PartBytes(1)], Cancel);
        await Store.Put("a/other", "x"u8.ToArray(), Cancel);
        Assert.Equal(["a/other"], await Keys("a/"));
        Assert.Null(await Store.Head("a/big", Cancel));
        await upload.SendPart(2, upload.PartBytes(1), "end"u8.ToArray(), Cancel);
        var stored = await upload.Complete(Cancel);
        Assert.Equal(upload.PartBytes(1) + 3L, stored.Bytes);
        Assert.Equal("end"u8.ToArray(), await Read(stored, upload.PartBytes(1)));
    }

    [Fact]
    public async Task Parts_may_come_in_any_order_and_twice()
    {
        await using var upload = await Store.BeginUpload("a/big", Cancel);
        var size = upload.PartBytes(1);
        await upload.SendPart(2, size, "tail"u8.ToArray(), Cancel);
        await upload.SendPart(1, 0, Filled(size, 9), Cancel);
        await upload.SendPart(1, 0, Filled(size, 7), Cancel);
        var read = await Read(await upload.Complete(Cancel));
        Assert.Equal([.. Filled(size, 7), .. "tail"u8], read);
    }

    [Fact]
    public async Task An_upload_that_is_not_completed_leaves_nothing()
    {
        await using (var upload = await Store.BeginUpload("a/big", Cancel))
        {
            await upload.SendPart(1, 0, "x"u8.ToArray(), Cancel);
            Assert.Equal(["a/big"], await Uploads("a/"));
        }
        Assert.Empty(await Uploads(""));
        Assert.Empty(await Keys(""));
    }

    [Fact]
    public async Task An_unfinished_upload_is_found_and_can_be_aborted()
    {
        await Store.Put("a/done", "x"u8.ToArray(), Cancel);
        var upload = await Store.BeginUpload("a/big", Cancel);
        await upload.SendPart(1, 0, "x"u8.ToArray(), Cancel);
        await foreach (var unfinished in Store.ListUploads("a/", Cancel))
            await Store.AbortUpload(unfinished, Cancel);
        Assert.Empty(await Uploads(""));
        Assert.Empty(await Uploads("b/"));
        Assert.Equal(["a/done"], await Keys(""));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(100_001)]
    public async Task A_stream_of_any_length_becomes_one_object(int beyondTwoParts)
    {
        byte[] content;
        StoredObject stored;
        await using (var upload = await Store.BeginUpload("a/big", Cancel))
        await using (var stream = new UploadStream(upload, concurrency: 2))
        {
            content = Patterned(upload.PartBytes(1) + upload.PartBytes(2) + beyondTwoParts);
            for (var at = 0; at < content.Length; at += 70_001)
                await stream.WriteAsync(content.AsMemory(at, Math.Min(70_001, content.Length - at)), Cancel);
            stored = await stream.Finish(Cancel);
        }
        Assert.Equal(content.Length, stored.Bytes);
        var read = await Read(stored);
        Assert.True(content.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public async Task An_empty_stream_becomes_an_empty_object()
    {
        await using var upload = await Store.BeginUpload("a/empty", Cancel);
        await using var stream = new UploadStream(upload, concurrency: 2);
        Assert.Equal(0, (await stream.Finish(Cancel)).Bytes);
    }

    protected async Task<byte[]> Read(StoredObject stored, long offset = 0)
    {
        await using var stream = await Store.OpenRead(stored, offset, Cancel);
        using var content = new MemoryStream();
        await stream.CopyToAsync(content, Cancel);
        return content.ToArray();
    }

    protected async Task<List<string>> Keys(string prefix) =>
        await Store.List(prefix, Cancel).Select(stored => stored.Key).ToListAsync(Cancel);

    protected async Task<List<string>> Uploads(string prefix) =>
        await Store.ListUploads(prefix, Cancel).Select(upload => upload.Key).ToListAsync(Cancel);

    static byte[] Filled(int count, byte value)
    {
        var bytes = new byte[count];
        Array.Fill(bytes, value);
        return bytes;
    }

    static byte[] Patterned(int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
            bytes[i] = (byte)(i * 31 + (i >> 12));
        return bytes;
    }
}
