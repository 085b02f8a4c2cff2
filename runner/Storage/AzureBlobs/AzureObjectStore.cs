using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Azure;
using Azure.Core.Pipeline;
using Azure.Storage;
using Azure.Storage.Blobs.Models;
using BackupRunner.Policy;
using BackupRunner.Storage.Http;

namespace BackupRunner.Storage.AzureBlobs;

/// <summary>
/// Objects as block blobs in a container of Azure Blob Storage. Everything is written as blocks and a list of them, the library's own
/// upload is not used; each block's MD5 is checked by the service.
/// </summary>
public sealed class AzureObjectStore : IObjectStore
{
    /// <summary>The most that the service lists at once.</summary>
    const int MostPageItems = 5000;

    readonly AzureConnection container;
    readonly AzureUnfinished unfinished;

    public AzureObjectStore(AzureConnection container) => (this.container, unfinished) = (container, new AzureUnfinished(container));

    /// <summary>At most so many items are in one page of a listing.</summary>
    public int PageItems { get; init; } = MostPageItems;

    public string Address => container.Address;

    /// <param name="storage">Complete, of provider <c>azure</c>.</param>
    /// <exception cref="RunnerException">Exit 2: the credentials are none, or contradict the policy.</exception>
    public static IObjectStore Open(StoragePolicy storage, CredentialsFolder? credentials, TimeProvider time, int pageItems = MostPageItems)
    {
        var transport = new HttpClientTransport(StoreTransport.Create(credentials, time));
        return new AzureObjectStore(new AzureConnection(storage, credentials, time, transport, AzureIdentity.Chain(transport, time))) { PageItems = pageItems };
    }

    public Task<StoredObject?> Head(string key, CancellationToken cancel) => container.Ask(StoreOperation.Read, key, async clients =>
    {
        try
        {
            var found = (await clients.Blob(key).GetPropertiesAsync(null, cancel)).Value;
            return AbortMark.IsOn(found.Metadata) ? null : new StoredObject(key, found.ContentLength, found.LastModified, VersionOf(found.ETag));
        }
        catch (RequestFailedException missing) when (AzureErrors.IsMissingBlob(missing))
        {
            return null;
        }
    }, cancel);

    public Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel) => offset == stored.Bytes
        ? Task.FromResult(Stream.Null)
        : container.Ask(StoreOperation.Read, stored.Key, async clients =>
        {
            var options = new BlobDownloadOptions { Range = new HttpRange(offset), Conditions = new BlobRequestConditions { IfMatch = new ETag(stored.Version) } };
            return (await clients.Blob(stored.Key).DownloadStreamingAsync(options, cancel)).Value.Content;
        }, cancel);

    /// <summary>One block and the list of it.</summary>
    public async Task<StoredObject> Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        var upload = BlockId.NewUpload();
        string[] blocks = content.Length > 0 ? [new BlockId(upload, container.Now, 1).ToString()] : [];
        foreach (var block in blocks)
            await Stage(container, key, block, content, cancel);
        try
        {
            return await Commit(container, key, blocks, content.Length, cancel);
        }
        catch (RunnerException refused) when (refused.Retry is null)
        {
            await Forget(key, upload, cancel);
            throw;
        }
    }

    /// <summary>What was refused for good leaves no block. Where that fails too, it is an unfinished upload, which prune removes.</summary>
    async Task Forget(string key, ulong upload, CancellationToken cancel)
    {
        try
        {
            await unfinished.Abort(key, AzureUnfinished.HandleOf(upload), cancel);
        }
        catch (RunnerException)
        {
        }
    }

    public async Task<IObjectUpload> BeginUpload(string key, CancellationToken cancel) => await AzureUpload.Begin(container, unfinished, key, cancel);

    public Task<Page<StoredObject>> ListPage(string prefix, string? token, CancellationToken cancel) => container.Ask(StoreOperation.List, prefix, async clients =>
    {
        var page = await Page(clients, BlobStates.None, prefix, token, PageItems, cancel);
        return new Page<StoredObject>(
            [.. page.Values.Where(item => !AbortMark.IsOn(item.Metadata) && !IsFolder(item)).Select(item => new StoredObject(
                item.Name, item.Properties.ContentLength!.Value, item.Properties.LastModified!.Value, VersionOf(item.Properties.ETag!.Value)))],
            Next(page));
    }, cancel);

    public Task Delete(string key, CancellationToken cancel) => container.Ask(StoreOperation.Delete, key, async clients =>
    {
        try
        {
            await clients.Blob(key).DeleteAsync(DeleteSnapshotsOption.None, null, cancel);
        }
        catch (RequestFailedException missing) when (AzureErrors.IsMissingBlob(missing))
        {
        }
        return true;
    }, cancel);

    public Task<Page<UnfinishedUpload>> ListUploadsPage(string prefix, string? token, CancellationToken cancel) => container.Ask(StoreOperation.ListUploads, prefix, async clients =>
    {
        var page = await Page(clients, BlobStates.Uncommitted, prefix, token, PageItems, cancel);
        var uploads = new List<UnfinishedUpload>();
        foreach (var item in page.Values)
        {
            if (await AzureUnfinished.Of(clients, item, cancel) is { } upload)
                uploads.Add(upload);
        }
        return new Page<UnfinishedUpload>(uploads, Next(page));
    }, cancel);

    public Task AbortUpload(UnfinishedUpload upload, CancellationToken cancel) => unfinished.Abort(upload.Key, upload.Handle, cancel);

    public static Task<DateTimeOffset?> Stage(AzureConnection container, string key, string block, ReadOnlyMemory<byte> content, CancellationToken cancel) =>
        container.Ask(StoreOperation.Write, key, async clients =>
        {
            using var body = content.AsStream();
            var options = new BlockBlobStageBlockOptions
            {
                TransferValidation = new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5, PrecalculatedChecksum = Digest(content.Span) },
            };
            return (await clients.Blob(key).StageBlockAsync(block, body, options, cancel)).GetRawResponse().Headers.Date;
        }, cancel);

    [SuppressMessage("Security", "CA5351", Justification = "It guards against damage on the way, and is what the service checks.")]
    static byte[] Digest(ReadOnlySpan<byte> content) => MD5.HashData(content);

    public static Task<StoredObject> Commit(AzureConnection container, string key, IEnumerable<string> blocks, long bytes, CancellationToken cancel) =>
        container.Ask(StoreOperation.Write, key, async clients =>
        {
            var committed = (await clients.Blob(key).CommitBlockListAsync(blocks, new CommitBlockListOptions(), cancel)).Value;
            return new StoredObject(key, bytes, committed.LastModified, VersionOf(committed.ETag));
        }, cancel);

    static async Task<Azure.Page<BlobItem>> Page(AzureClients clients, BlobStates states, string prefix, string? token, int items, CancellationToken cancel) =>
        await clients.Container.GetBlobsAsync(BlobTraits.Metadata, states, prefix, cancel).AsPages(token, items).FirstAsync(cancel);

    /// <summary>A listing gives it without the quotes that a header has.</summary>
    public static string VersionOf(ETag tag) => tag.ToString().Trim('"');

    static string? Next<T>(Azure.Page<T> page) => string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken;

    /// <summary>An account with a hierarchical namespace lists its folders too.</summary>
    static bool IsFolder(BlobItem item) => item.Metadata is { } metadata && metadata.TryGetValue("hdi_isfolder", out var folder) && folder == "true";
}
