using System.Globalization;
using BackupRunner.Reports;

namespace BackupRunner.Storage.Files;

/// <summary>
/// Objects as files below <paramref name="root"/>. A write goes to a partial file beside its target, <c>.name.xxxxxxxxxxxx.partial</c>, is
/// fsynced, renamed into place, and its folder fsynced: a kill, a crash or a full disk leaves a partial file at worst, which
/// <see cref="ListUploadsPage"/> shows and no listing of objects does.
/// </summary>
public sealed class FileObjectStore(string root) : IObjectStore
{
    readonly FileTree tree = new(root);

    /// <summary>At most so many items are in one page of a listing. Each page walks the folders above its first key again.</summary>
    public int PageItems { get; init; } = 10_000;

    public string Address => $"file:{root}";

    public Task<StoredObject?> Head(string key, CancellationToken cancel) =>
        Task.FromResult(Try("read", key, () => Stored(key, new FileInfo(tree.PathOf(key)))));

    public Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel) => Task.FromResult(Try("read", stored.Key, () =>
    {
        var path = tree.PathOf(stored.Key);
        Stream file = new FileStream(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
        if (Stored(stored.Key, new FileInfo(path))?.Version != stored.Version)
        {
            file.Dispose();
            throw new RunnerException(ExitCode.Storage, $"\"{path}\" has changed since it was listed", "another program writes to this store; run again");
        }
        file.Position = offset;
        return file;
    }));

    public async Task<StoredObject> Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        await using var upload = await BeginUpload(key, cancel);
        await upload.SendPart(1, 0, content, cancel);
        return await upload.Complete(cancel);
    }

    public Task<IObjectUpload> BeginUpload(string key, CancellationToken cancel) =>
        Task.FromResult<IObjectUpload>(Try("write", key, () => new FileUpload(tree, key)));

    public Task<Page<StoredObject>> ListPage(string prefix, string? token, CancellationToken cancel) => Task.FromResult(PageOf(
        from found in Walk(prefix, token, cancel)
        where !FileTree.IsPartial(found.File.Name)
        let stored = Stored(found.Key, found.File)
        where stored is not null
        select stored, stored => stored.Key));

    public Task Delete(string key, CancellationToken cancel) => Task.FromResult(Try("delete", key, () => tree.Delete(tree.PathOf(key))));

    public Task<Page<UnfinishedUpload>> ListUploadsPage(string prefix, string? token, CancellationToken cancel) => Task.FromResult(PageOf(
        from found in Walk(FolderOf(prefix), token, cancel)
        let target = FileTree.TargetOfPartial(found.Key)
        where target is not null && target.StartsWith(prefix, StringComparison.Ordinal)
        let stored = Stored(found.Key, found.File)
        where stored is not null
        select new UnfinishedUpload(target, found.Key, stored.Modified), upload => upload.Handle));

    public Task AbortUpload(UnfinishedUpload upload, CancellationToken cancel)
    {
        Try("delete", upload.Handle, () => tree.Delete(tree.PathOf(upload.Handle, partial: true)));
        return Task.CompletedTask;
    }

    Page<T> PageOf<T>(IEnumerable<T> items, Func<T, string> keyOf)
    {
        var page = items.Take(PageItems).ToList();
        return new Page<T>(page, page.Count == PageItems ? keyOf(page[^1]) : null);
    }

    IEnumerable<(string Key, FileInfo File)> Walk(string prefix, string? after, CancellationToken cancel)
    {
        if (!Directory.Exists(root))
            throw FileErrors.Told(new DirectoryNotFoundException(), "list", root);
        using var files = tree.Walk(prefix, after ?? "").GetEnumerator();
        while (Try("list", prefix, files.MoveNext))
        {
            cancel.ThrowIfCancellationRequested();
            yield return files.Current;
        }
    }

    internal static StoredObject? Stored(string key, FileInfo file) => !file.Exists ? null : new StoredObject(
        key, file.Length, file.LastWriteTimeUtc, string.Create(CultureInfo.InvariantCulture, $"{file.Length:x}-{file.LastWriteTimeUtc.Ticks:x}"));

    static string FolderOf(string prefix) => prefix[..(prefix.LastIndexOf('/') + 1)];

    T Try<T>(string doing, string key, Func<T> operation)
    {
        try
        {
            return operation();
        }
        catch (Exception failure) when (FileErrors.IsIo(failure))
        {
            throw FileErrors.Told(failure, doing, Path.Join(root, key));
        }
    }
}
