using System.Collections.Concurrent;
using Azure;
using Azure.Storage.Blobs.Models;

namespace BackupRunner.Storage.AzureBlobs;

/// <summary>An object on its way as blocks that are not committed. The names of all of them are held: 50,000 at most.</summary>
public sealed class AzureUpload : IObjectUpload
{
    readonly AzureConnection container;
    readonly AzureUnfinished unfinished;
    readonly string key;
    readonly ulong upload;
    readonly TimeSpan ahead;
    readonly ConcurrentDictionary<int, (string Block, int Bytes)> parts = new();
    bool asked;
    bool completed;

    AzureUpload(AzureConnection container, AzureUnfinished unfinished, string key, ulong upload, TimeSpan ahead) =>
        (this.container, this.unfinished, this.key, this.upload, this.ahead) = (container, unfinished, key, upload, ahead);

    public int PartsAtOnce => 4;

    public PartSizes PartSizes => PartSizes.Azure;

    /// <summary>Sends a block of one byte, which is in no list: that the key can be written is known before anything else is done.</summary>
    public static async Task<AzureUpload> Begin(AzureConnection container, AzureUnfinished unfinished, string key, CancellationToken cancel)
    {
        var upload = BlockId.NewUpload();
        var begun = container.Now;
        var date = await AzureObjectStore.Stage(container, key, new BlockId(upload, begun, 0).ToString(), new byte[1], cancel);
        return new AzureUpload(container, unfinished, key, upload, (date ?? begun) - begun);
    }

    /// <summary>A part that is sent again has the name that it had, and so replaces itself.</summary>
    public async Task SendPart(int number, long offset, ReadOnlyMemory<byte> part, CancellationToken cancel)
    {
        var block = parts.AddOrUpdate(
            number, _ => (new BlockId(upload, container.Now + ahead, number).ToString(), part.Length), (_, sent) => (sent.Block, part.Length)).Block;
        // The service takes no empty block: an empty object is an empty list.
        if (part.Length > 0)
            await AzureObjectStore.Stage(container, key, block, part, cancel);
    }

    public async Task<StoredObject> Complete(CancellationToken cancel)
    {
        string[] blocks = [.. parts.OrderBy(part => part.Key).Where(part => part.Value.Bytes > 0).Select(part => part.Value.Block)];
        if (asked && await Committed(blocks, cancel) is { } stored)
            return stored;
        asked = true;
        stored = await AzureObjectStore.Commit(container, key, blocks, parts.Values.Sum(part => (long)part.Bytes), cancel);
        completed = true;
        return stored;
    }

    public async ValueTask DisposeAsync()
    {
        if (!completed)
            await unfinished.Abort(key, AzureUnfinished.HandleOf(upload), CancellationToken.None);
        completed = true;
    }

    /// <summary>Asks before the list is sent again: where blobs are immutable, or kept in versions, a second commit fails or makes a second version.</summary>
    async Task<StoredObject?> Committed(string[] blocks, CancellationToken cancel)
    {
        var stored = await container.Ask(StoreOperation.Write, key, async clients =>
        {
            try
            {
                var list = (await clients.Blob(key).GetBlockListAsync(BlockListTypes.Committed, null, null, cancel)).Value;
                return blocks.Length > 0 && list.CommittedBlocks.Select(block => block.Name).SequenceEqual(blocks)
                    ? new StoredObject(key, list.BlobContentLength, list.LastModified, AzureObjectStore.VersionOf(list.ETag))
                    : null;
            }
            catch (RequestFailedException missing) when (AzureErrors.IsMissingBlob(missing))
            {
                return null;
            }
        }, cancel);
        completed |= stored is not null;
        return stored;
    }
}
