using BackupRunner.Reports;
using BackupRunner.Storage;

namespace BackupRunner.Tests.Storage;

/// <summary>What every store must do; one sealed subclass each.</summary>
public abstract class ObjectStoreContract
{
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Empty, and this test's own.</summary>
    protected abstract IObjectStore Store { get; }

    /// <summary>The same store, which lists so many items a page.</summary>
    protected abstract IObjectStore StoreOfPages(int items);

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
    public async Task A_missing_object_is_null_and_its_deletion_is_done()
    {
        Assert.Null(await Store.Head("no/such", Cancel));
        await Store.Delete("no/such", Cancel);
    }

    [Fact]
    public async Task A_deleted_object_is_gone()
    {
        await Store.Put("a/one", "x"u8.ToArray(), Cancel);
        await Store.Delete("a/one", Cancel);
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
    public async Task A_listing_of_many_pages_misses_nothing_and_repeats_nothing()
    {
        string[] keys = ["a", "a/b", "a/b/c", "a/b/d", "a/c", "a0", "b/a"];
        foreach (var key in keys.Where(key => key is not "a" and not "a/b"))
            await Store.Put(key, "x"u8.ToArray(), Cancel);
        foreach (var items in new[] { 1, 2, 3 })
        {
            var paged = StoreOfPages(items);
            Assert.Equal(["a/b/c", "a/b/d", "a/c", "a0", "b/a"], await paged.List("", Cancel).Select(stored => stored.Key).ToListAsync(Cancel));
            Assert.Equal(["a/b/c", "a/b/d", "a/c"], await paged.List("a/", Cancel).Select(stored => stored.Key).ToListAsync(Cancel));
            Assert.True((await paged.ListPage("", null, Cancel)).Items.Count <= items);
        }
    }

    [Theory]
    [InlineData("a/with space+plus")]
    [InlineData("a/%2F%41%zz")]
    [InlineData("a/ü-文-😀")]
    [InlineData("a/~!@$&'()*,;=:[]{}^`|\"<>#?")]
    [InlineData("a/...three dots./.hidden")]
    public async Task A_key_of_any_characters_is_kept_as_it_is(string key)
    {
        var put = await Store.Put(key, "x"u8.ToArray(), Cancel);
        Assert.Equal(put, await Store.Head(key, Cancel));
        Assert.Equal(put, Assert.Single(await Store.List("a/", Cancel).ToListAsync(Cancel)));
        Assert.Equal("x"u8.ToArray(), await Read(put));
        await using (var upload = await Store.BeginUpload(key, Cancel))
        {
            await upload.SendPart(1, 0, "longer"u8.ToArray(), Cancel);
            Assert.Equal(6, (await upload.Complete(Cancel)).Bytes);
        }
        Assert.Equal([key], await Keys(key));
        await Store.Delete(key, Cancel);
        Assert.Empty(await Keys(""));
    }

    [Fact]
    public async Task An_object_may_be_empty()
    {
        var put = await Store.Put("a/empty", Array.Empty<byte>(), Cancel);
        Assert.Equal(0, put.Bytes);
        Assert.Empty(await Read(put));
    }

    [Fact]
    public async Task An_upload_replaces_what_was_under_its_key_when_it_is_completed_and_not_before()
    {
        await Store.Put("a/one", "old"u8.ToArray(), Cancel);
        await using (var upload = await Store.BeginUpload("a/one", Cancel))
            await upload.SendPart(1, 0, "aborted"u8.ToArray(), Cancel);
        Assert.Equal("old"u8.ToArray(), await Read((await Store.Head("a/one", Cancel))!));
        await using (var upload = await Store.BeginUpload("a/one", Cancel))
        {
            await upload.SendPart(1, 0, "new"u8.ToArray(), Cancel);
            await upload.Complete(Cancel);
            Assert.Equal(3, (await upload.Complete(Cancel)).Bytes);
        }
        Assert.Equal("new"u8.ToArray(), await Read((await Store.Head("a/one", Cancel))!));
    }

    [Fact]
    public async Task An_upload_is_visible_only_when_it_is_complete()
    {
        await using var upload = await Store.BeginUpload("a/big", Cancel);
        await upload.SendPart(1, 0, new byte[upload.PartSizes.Of(1)], Cancel);
        await Store.Put("a/other", "x"u8.ToArray(), Cancel);
        Assert.Equal(["a/other"], await Keys("a/"));
        Assert.Null(await Store.Head("a/big", Cancel));
        await upload.SendPart(2, upload.PartSizes.Of(1), "end"u8.ToArray(), Cancel);
        var stored = await upload.Complete(Cancel);
        Assert.Equal(upload.PartSizes.Of(1) + 3L, stored.Bytes);
        Assert.Equal("end"u8.ToArray(), await Read(stored, upload.PartSizes.Of(1)));
    }

    [Fact]
    public async Task An_upload_that_is_not_completed_leaves_nothing()
    {
        await using (var upload = await Store.BeginUpload("a/big", Cancel))
        {
            await upload.SendPart(1, 0, "x"u8.ToArray(), Cancel);
        }
        Assert.Empty(await Uploads(""));
        Assert.Empty(await Keys(""));
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
        await using (var stream = new UploadStream(upload, expectedBytes: 0))
        {
            content = Patterned(upload.PartSizes.Of(1) + upload.PartSizes.Of(2) + beyondTwoParts);
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
        await using var stream = new UploadStream(upload, expectedBytes: 0);
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

    protected static byte[] Filled(int count, byte value)
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
