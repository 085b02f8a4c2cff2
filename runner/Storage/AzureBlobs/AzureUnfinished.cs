using System.Globalization;
using Azure;
using Azure.Storage.Blobs.Models;
using BackupRunner.Reports;

namespace BackupRunner.Storage.AzureBlobs;

/// <summary>
/// Uploads that were begun and are neither complete nor aborted, as far as the service shows them: keys under which there are blocks and no
/// object. Blocks beside an object that is there already are shown by no listing; the next upload of the key or a week ends them.
/// </summary>
public sealed class AzureUnfinished(AzureConnection container)
{
    const string Aborted = "aborted", Foreign = "foreign";
    const int Attempts = 3;

    public static string HandleOf(ulong upload) => upload.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>What is unfinished under an item of a listing.</summary>
    /// <returns>Null when it is an object.</returns>
    public static async Task<UnfinishedUpload?> Of(AzureClients clients, BlobItem item, CancellationToken cancel)
    {
        if (AbortMark.IsOn(item.Metadata))
            return new UnfinishedUpload(item.Name, Aborted, item.Properties.LastModified!.Value);
        // The service gives what is not committed no ETag; the emulator gives it one, and no bytes.
        var sure = item.Properties.ETag is null;
        if (!sure && (item.Properties.ContentLength > 0 || await Properties(clients, item.Name, cancel) is not null))
            return null;
        return await Blocks(clients, item.Name, cancel) is var (handle, modified) ? new UnfinishedUpload(item.Name, handle, modified) : null;
    }

    /// <summary>
    /// Commits an empty list where there is no object, and deletes what that makes. What is or becomes an object under the key is left as it
    /// is, and so are the blocks of an upload that began after <paramref name="handle"/>'s.
    /// </summary>
    public Task Abort(string key, string handle, CancellationToken cancel) => container.Ask(StoreOperation.AbortUpload, key, async clients =>
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            ETag? empty;
            if (await Properties(clients, key, cancel) is { } found)
                empty = AbortMark.IsOn(found.Metadata) ? found.ETag : null;
            else if ((await Blocks(clients, key, cancel))?.Handle != handle)
                empty = null;
            else if ((empty = await CommitNothing(clients, key, cancel)) is null)
                continue;
            if (empty is { } mark)
                await Delete(clients, key, mark, cancel);
            return true;
        }
        throw new RunnerException(ExitCode.Storage, $"cannot abort the upload of \"{container.Address}/{key}\": the key changes all the time", "does another program write to this container");
    }, cancel);

    /// <summary>Of the blocks that are not committed: the newest upload that they are of, and when it last began to send one.</summary>
    static async Task<(string Handle, DateTimeOffset Modified)?> Blocks(AzureClients clients, string key, CancellationToken cancel)
    {
        try
        {
            var response = await clients.Blob(key).GetBlockListAsync(BlockListTypes.Uncommitted, null, null, cancel);
            var names = response.Value.UncommittedBlocks.Select(block => BlockId.Parse(block.Name)).ToList();
            if (names.Count == 0)
                return null;
            // Blocks of another program have no date: they are never old.
            if (names.Contains(null))
                return (Foreign, response.GetRawResponse().Headers.Date ?? DateTimeOffset.MaxValue);
            var newest = names.MaxBy(block => block!.Sent)!;
            return (HandleOf(newest.Upload), newest.Sent);
        }
        catch (RequestFailedException missing) when (AzureErrors.IsMissingBlob(missing))
        {
            return null;
        }
    }

    static async Task<BlobProperties?> Properties(AzureClients clients, string key, CancellationToken cancel)
    {
        try
        {
            return (await clients.Blob(key).GetPropertiesAsync(null, cancel)).Value;
        }
        catch (RequestFailedException missing) when (AzureErrors.IsMissingBlob(missing))
        {
            return null;
        }
    }

    /// <returns>Null when there is an object after all.</returns>
    static async Task<ETag?> CommitNothing(AzureClients clients, string key, CancellationToken cancel)
    {
        try
        {
            var options = new CommitBlockListOptions { Metadata = AbortMark.Metadata, Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };
            return (await clients.Blob(key).CommitBlockListAsync([], options, cancel)).Value.ETag;
        }
        catch (RequestFailedException there) when (there.Status is 409 or 412 && (there.ErrorCode == BlobErrorCode.BlobAlreadyExists || there.ErrorCode == BlobErrorCode.ConditionNotMet))
        {
            return null;
        }
    }

    static async Task Delete(AzureClients clients, string key, ETag version, CancellationToken cancel)
    {
        try
        {
            await clients.Blob(key).DeleteAsync(DeleteSnapshotsOption.None, new BlobRequestConditions { IfMatch = version }, cancel);
        }
        catch (RequestFailedException over) when (AzureErrors.IsMissingBlob(over) || over.ErrorCode == BlobErrorCode.ConditionNotMet)
        {
        }
    }
}
