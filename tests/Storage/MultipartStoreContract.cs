using BackupRunner.Storage;

namespace BackupRunner.Tests.Storage;

/// <summary>What every store must do that takes parts in any order and can list the uploads that were begun.</summary>
public abstract class MultipartStoreContract : ObjectStoreContract
{
    [Fact]
    public async Task Parts_may_come_in_any_order_and_twice()
    {
        await using var upload = await Store.BeginUpload("a/big", Cancel);
        var size = upload.PartSizes.Of(1);
        await upload.SendPart(2, size, "tail"u8.ToArray(), Cancel);
        await upload.SendPart(1, 0, Filled(size, 9), Cancel);
        await upload.SendPart(1, 0, Filled(size, 7), Cancel);
        var read = await Read(await upload.Complete(Cancel));
        Assert.Equal([.. Filled(size, 7), .. "tail"u8], read);
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

    [Fact]
    public async Task Unfinished_uploads_are_listed_by_pages()
    {
        foreach (var key in new[] { "a/one", "a/two", "b/three" })
            await (await Store.BeginUpload(key, Cancel)).SendPart(1, 0, "x"u8.ToArray(), Cancel);
        Assert.Equal(["a/one", "a/two", "b/three"], await StoreOfPages(1).ListUploads("", Cancel).Select(upload => upload.Key).ToListAsync(Cancel));
        Assert.Equal(["a/one", "a/two"], await StoreOfPages(1).ListUploads("a/", Cancel).Select(upload => upload.Key).ToListAsync(Cancel));
        await foreach (var unfinished in Store.ListUploads("", Cancel))
            await Store.AbortUpload(unfinished, Cancel);
        Assert.Empty(await Uploads(""));
    }
}
