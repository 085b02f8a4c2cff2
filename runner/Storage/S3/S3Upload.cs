using System.Globalization;
using Amazon.S3.Model;
using BackupRunner.Reports;

namespace BackupRunner.Storage.S3;

/// <summary>A multipart upload.</summary>
sealed class S3Upload(IObjectStore store, S3Requests requests, string bucket, string key, string id) : IObjectUpload
{
    const int Md5Digits = 32;

    readonly Lock gate = new();
    readonly SortedDictionary<int, (string ETag, int Bytes)> parts = [];
    StoredObject? completed;

    public int PartsAtOnce => 4;

    public PartSizes PartSizes => requests.Place.PartSizes;

    public async Task SendPart(int number, long offset, ReadOnlyMemory<byte> part, CancellationToken cancel)
    {
        // The library hashes before it first waits for anything: not on the caller's time.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var sent = await requests.Ask(
            StoreOperation.Write, key,
            s3 => s3.UploadPartAsync(
                new UploadPartRequest
                {
                    BucketName = bucket,
                    Key = key,
                    UploadId = id,
                    PartNumber = number,
                    PartSize = part.Length,
                    InputStream = part.AsStream(),
                    MD5Digest = requests.Digest(part.Span),
                    UseChunkEncoding = false,
                    DisablePayloadSigning = false,
                },
                cancel),
            cancel);
        lock (gate)
            parts[number] = (sent.ETag, part.Length);
    }

    /// <summary>Of an upload that is not there any more the answer may have been lost: the object that it became is.</summary>
    public async Task<StoredObject> Complete(CancellationToken cancel)
    {
        if (completed is not null)
            return completed;
        var request = new CompleteMultipartUploadRequest
        {
            BucketName = bucket,
            Key = key,
            UploadId = id,
            PartETags = [.. parts.Select(part => new PartETag(part.Key, part.Value.ETag))],
        };
        var answer = await requests.AskUnless(StoreOperation.Write, key, s3 => s3.CompleteMultipartUploadAsync(request, cancel), ["NoSuchUpload"], cancel);
        var stored = await store.Head(key, cancel);
        if (stored is null || !IsWhole(stored))
            throw answer is null ? Gone(stored) : stored is null ? S3Answers.Vanished(requests.Place.AddressOf(key)) : Other(stored);
        return completed = stored;
    }

    /// <summary>The size is right, and so is the number of parts where the ETag tells it (<c>...-12</c>).</summary>
    bool IsWhole(StoredObject stored)
    {
        var parts = stored.Version.LastIndexOf('-') is var dash and Md5Digits && stored.Version[..dash].All(char.IsAsciiHexDigit) && int.TryParse(stored.Version[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var told)
            ? told
            : this.parts.Count;
        return stored.Bytes == Bytes && parts == this.parts.Count;
    }

    long Bytes => parts.Values.Sum(part => (long)part.Bytes);

    public async ValueTask DisposeAsync()
    {
        if (completed is null)
            await store.AbortUpload(new UnfinishedUpload(key, id, default), CancellationToken.None);
    }

    RunnerException Gone(StoredObject? stored) => new(
        ExitCode.Storage,
        $"the upload of \"{requests.Place.AddressOf(key)}\" is gone before it was completed{(stored is null ? "" : ", and what is there is another object")}",
        "does another run abort it, or a rule of the bucket that ends unfinished uploads early");

    RunnerException Other(StoredObject stored) => new(
        ExitCode.Storage, $"\"{requests.Place.AddressOf(key)}\" is another object than was sent: {stored.Bytes} bytes, ETag \"{stored.Version}\", for {Bytes} bytes in {parts.Count} parts", "another program writes to this bucket; run again");
}
