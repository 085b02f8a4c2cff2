using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.Files;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage;

public sealed class FileObjectStoreTests : MultipartStoreContract, IDisposable
{
    readonly Scratch scratch = new();

    public FileObjectStoreTests() => Store = new FileObjectStore(scratch.Folder("store"));

    protected override IObjectStore Store { get; }

    protected override IObjectStore StoreOfPages(int items) => new FileObjectStore(scratch["store"]) { PageItems = items };

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task The_last_object_of_a_folder_takes_the_empty_folders_with_it()
    {
        await Store.Put("a/b/c/one", "x"u8.ToArray(), Cancel);
        await Store.Put("a/two", "x"u8.ToArray(), Cancel);
        await Store.Delete("a/b/c/one", Cancel);
        Assert.False(Directory.Exists(scratch["store/a/b"]));
        await Store.Delete("a/two", Cancel);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch["store"]));
        Assert.True(Directory.Exists(scratch["store"]));
    }

    [Fact]
    public async Task An_empty_folder_that_cannot_be_removed_stays_and_the_object_is_gone()
    {
        using var mounted = Mounted.Tmpfs("size=1m");
        var store = new FileObjectStore(Path.GetDirectoryName(mounted.Path)!);
        var folder = Path.GetFileName(mounted.Path);
        await store.Put(folder + "/one", "x"u8.ToArray(), Cancel);
        await store.Delete(folder + "/one", Cancel);
        Assert.Null(await store.Head(folder + "/one", Cancel));
        Assert.True(Directory.Exists(mounted.Path));
    }

    [Fact]
    public async Task A_store_that_does_not_exist_is_made_by_the_first_write_and_refused_by_a_listing()
    {
        var store = new FileObjectStore(scratch["new/store"]);
        var refused = await Assert.ThrowsAsync<RunnerException>(async () => await store.List("", Cancel).ToListAsync(Cancel));
        Assert.Equal(ExitCode.Storage, refused.ExitCode);
        Assert.Contains("no such file or directory", refused.Message, StringComparison.Ordinal);
        await store.Put("a", "x"u8.ToArray(), Cancel);
        Assert.Equal(["a"], await store.List("", Cancel).Select(stored => stored.Key).ToListAsync(Cancel));
    }

    [Fact]
    public async Task A_file_where_the_store_should_be_is_told()
    {
        var store = new FileObjectStore(scratch.File("file", "x"));
        foreach (var asked in new Func<Task>[] { async () => await store.List("", Cancel).ToListAsync(Cancel), () => store.Put("a/b", "x"u8.ToArray(), Cancel) })
            Assert.Contains($"\"{scratch["file"]}\" is a file", (await Assert.ThrowsAsync<RunnerException>(asked)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_a_storage_failure_that_leaves_nothing()
    {
        using var full = Mounted.Tmpfs("size=1m");
        var store = new FileObjectStore(full.Path);
        await store.Put("a/kept", "x"u8.ToArray(), Cancel);
        var refused = await Assert.ThrowsAsync<RunnerException>(async () =>
        {
            await using var upload = await store.BeginUpload("a/big", Cancel);
            await using var stream = new UploadStream(upload, expectedBytes: 0);
            for (var i = 0; i < 10; i++)
                await stream.WriteAsync(new byte[1 << 20], Cancel);
            await stream.Finish(Cancel);
        });
        Assert.Equal(ExitCode.Storage, refused.ExitCode);
        Assert.Contains("no space left", refused.Message, StringComparison.Ordinal);
        Assert.Equal("a/kept\n", Shell.Bash($"cd {full.Path}; find . -type f | sed s,./,,"));
    }

    [Fact]
    public async Task A_read_only_store_is_a_storage_failure()
    {
        using var mounted = Mounted.Tmpfs("size=1m");
        var store = new FileObjectStore(mounted.Path);
        var kept = await store.Put("a", "x"u8.ToArray(), Cancel);
        mounted.Remount("ro");
        foreach (Func<Task> write in new Func<Task>[]
        {
            () => store.Put("b", "x"u8.ToArray(), Cancel), () => store.BeginUpload("b", Cancel), () => store.Delete("a", Cancel),
        })
        {
            var refused = await Assert.ThrowsAsync<RunnerException>(write);
            Assert.Equal(ExitCode.Storage, refused.ExitCode);
            Assert.Contains("read-only file system", refused.Message, StringComparison.Ordinal);
        }
        Assert.Equal(kept, await store.Head("a", Cancel));
    }

    [Fact]
    public async Task A_listing_does_not_follow_links_and_ends_when_it_is_told_to()
    {
        await Store.Put("a/one", "x"u8.ToArray(), Cancel);
        Shell.Bash($"ln -s . {scratch["store/a/loop"]}");
        Assert.Equal(["a/one"], await Keys(""));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ListPage("", null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task An_upload_whose_folder_is_gone_ends_without_a_word()
    {
        var upload = await Store.BeginUpload("a/big", Cancel);
        Directory.Delete(scratch["store"], recursive: true);
        await upload.DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("a//b")]
    [InlineData("../a")]
    [InlineData("a/./b")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a/.b.0123456789ab.partial")]
    public async Task A_key_never_leaves_the_store_or_names_a_partial_file(string key) =>
        await Assert.ThrowsAsync<ArgumentException>(() => Store.Put(key, "x"u8.ToArray(), Cancel));

    [Fact]
    public async Task What_is_stored_is_for_its_owner_alone()
    {
        await Store.Put("a/b", "x"u8.ToArray(), Cancel);
        Assert.Equal("700\n600\n", Shell.Bash($"stat -c %a {scratch["store/a"]} {scratch["store/a/b"]}"));
    }
}
