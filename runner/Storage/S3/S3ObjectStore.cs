using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Storage.Http;

namespace BackupRunner.Storage.S3;

/// <summary>
/// Objects in a bucket of Amazon S3, or of a server that speaks its protocol (MinIO, Ceph, Swift). Every request's body is signed with its
/// SHA-256, with TLS or without: what was damaged on its way is refused. Asks once; <see cref="Retry.RetryingStore"/> asks again.
/// </summary>
public sealed class S3ObjectStore : IObjectStore
{
    /// <summary>A service gives no more at once.</summary>
    const int MostPageItems = 1000;

    const string AnyBytes = "application/octet-stream";

    readonly S3Requests requests;
    readonly StoragePolicy storage;
    readonly string bucket;
    readonly int pageItems;

    S3ObjectStore(S3Requests requests, StoragePolicy storage, int pageItems) =>
        (this.requests, this.storage, bucket, this.pageItems) = (requests, storage, storage.Bucket!, pageItems);

    public string Address => requests.Place.Address;

    /// <param name="storage">Of provider <c>s3</c> or <c>minio</c>, complete.</param>
    /// <param name="credentials">Null, or without keys: the library's own chain.</param>
    /// <param name="pageItems">At most so many are in one page of a listing.</param>
    /// <exception cref="RunnerException">Exit 2: the credentials are incomplete or cannot be read.</exception>
    public static IObjectStore Open(StoragePolicy storage, CredentialsFolder? credentials, TimeProvider time, int pageItems = MostPageItems)
    {
        var place = S3Place.Of(storage);
        var identity = new S3Credentials(credentials, new S3CredentialChain(time));
        _ = identity.OfFolder();
        var client = S3Client.Open(place, identity, StoreTransport.Create(credentials, time));
        return new S3ObjectStore(new S3Requests(client, place, S3Client.ServerOf(client, place), identity, time), storage, pageItems);
    }

    /// <summary>An answer to HEAD has no body that says why; the same question as GET has one.</summary>
    public async Task<StoredObject?> Head(string key, CancellationToken cancel)
    {
        try
        {
            var head = await requests.Ask(StoreOperation.Read, key, s3 => s3.GetObjectMetadataAsync(bucket, key, cancel), cancel);
            return S3Answers.Stored(key, head);
        }
        catch (RunnerException refused) when (refused is { Retry: null, InnerException: AmazonS3Exception { StatusCode: var status } })
        {
            var first = new GetObjectRequest { BucketName = bucket, Key = key, ByteRange = new ByteRange(0, 0) };
            using var got = await requests.AskUnless(StoreOperation.Read, key, s3 => s3.GetObjectAsync(first, cancel), ["NoSuchKey"], cancel);
            if (status == HttpStatusCode.NotFound)
                return got is null ? null : S3Answers.Stored(key, got);
            throw;
        }
    }

    public async Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel)
    {
        // No range begins at the end of an object.
        if (offset == stored.Bytes)
            return Stream.Null;
        var request = new GetObjectRequest
        {
            BucketName = bucket,
            Key = stored.Key,
            EtagToMatch = S3Answers.Quoted(stored.Version),
            ByteRange = new ByteRange(offset, stored.Bytes - 1),
        };
        var answer = await requests.AskUnless(
            StoreOperation.Read, stored.Key, s3 => s3.GetObjectAsync(request, cancel), ["NoSuchKey", "PreconditionFailed", "InvalidRange"], cancel);
        if (answer is not null && S3Answers.IsRest(answer, stored, offset))
            return new S3Body(answer);
        answer?.Dispose();
        throw new RunnerException(
            ExitCode.Storage, $"\"{requests.Place.AddressOf(stored.Key)}\" has changed or was deleted since it was listed", "another program writes to this bucket; run again");
    }

    public async Task<StoredObject> Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        // The library hashes before it first waits for anything: not on the caller's time.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await requests.Ask(
            StoreOperation.Write, key,
            s3 => s3.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = bucket,
                    Key = key,
                    ContentType = AnyBytes,
                    InputStream = content.AsStream(),
                    MD5Digest = requests.Digest(content.Span),
                    AutoCloseStream = false,
                    UseChunkEncoding = false,
                    DisablePayloadSigning = false,
                    ServerSideEncryptionMethod = storage.Sse,
                    ServerSideEncryptionKeyManagementServiceKeyId = storage.KmsKeyId,
                },
                cancel),
            cancel);
        return await Head(key, cancel) ?? throw S3Answers.Vanished(requests.Place.AddressOf(key));
    }

    public async Task<IObjectUpload> BeginUpload(string key, CancellationToken cancel)
    {
        var begun = await requests.Ask(
            StoreOperation.Write, key,
            s3 => s3.InitiateMultipartUploadAsync(
                new InitiateMultipartUploadRequest
                {
                    BucketName = bucket,
                    Key = key,
                    ContentType = AnyBytes,
                    ServerSideEncryptionMethod = storage.Sse,
                    ServerSideEncryptionKeyManagementServiceKeyId = storage.KmsKeyId,
                    StorageClass = storage.StorageClass,
                },
                cancel),
            cancel);
        return new S3Upload(this, requests, bucket, key, begun.UploadId);
    }

    public async Task<Page<StoredObject>> ListPage(string prefix, string? token, CancellationToken cancel)
    {
        var request = new ListObjectsV2Request { BucketName = bucket, Prefix = prefix, ContinuationToken = token, MaxKeys = pageItems, Encoding = EncodingType.Url };
        return S3Answers.Objects(await requests.Ask(StoreOperation.List, prefix, s3 => s3.ListObjectsV2Async(request, cancel), cancel), token);
    }

    public async Task Delete(string key, CancellationToken cancel) =>
        await requests.AskUnless(StoreOperation.Delete, key, s3 => s3.DeleteObjectAsync(bucket, key, cancel), ["NoSuchKey"], cancel);

    /// <summary>A server that does not list them has none: MinIO lists those of a key only, others answer that they cannot.</summary>
    public async Task<Page<UnfinishedUpload>> ListUploadsPage(string prefix, string? token, CancellationToken cancel)
    {
        var request = new ListMultipartUploadsRequest { BucketName = bucket, Prefix = prefix, MaxUploads = pageItems, Encoding = EncodingType.Url };
        (request.KeyMarker, request.UploadIdMarker) = S3Answers.Markers(token);
        var answer = await requests.AskUnless(
            StoreOperation.ListUploads, prefix, s3 => s3.ListMultipartUploadsAsync(request, cancel), ["NotImplemented", "MethodNotAllowed"], cancel);
        if (answer is null)
            return new Page<UnfinishedUpload>([], null);
        var page = S3Answers.Uploads(answer, prefix, token);
        var touched = new List<UnfinishedUpload>();
        foreach (var upload in page.Items)
            touched.Add(upload with { Modified = await LastPart(upload, cancel) ?? upload.Modified });
        return page with { Items = touched };
    }

    /// <summary>
    /// When its newest part came: the listing tells only when an upload began, and a large one goes on for days. Where that cannot be
    /// known it is taken for new, so that nothing ends it.
    /// </summary>
    async Task<DateTimeOffset?> LastPart(UnfinishedUpload upload, CancellationToken cancel)
    {
        DateTimeOffset? newest = null;
        var request = new ListPartsRequest { BucketName = bucket, Key = upload.Key, UploadId = upload.Handle };
        try
        {
            while (await requests.AskUnless(StoreOperation.ListUploads, upload.Key, s3 => s3.ListPartsAsync(request, cancel), ["NoSuchUpload"], cancel) is { } answer)
            {
                newest = S3Answers.Newest(answer, newest);
                if (answer.IsTruncated != true || !S3Answers.Advances(request, answer))
                    break;
            }
        }
        catch (RunnerException refused) when (refused.Retry is null)
        {
            return requests.Now;
        }
        return newest;
    }

    public async Task AbortUpload(UnfinishedUpload upload, CancellationToken cancel) => await requests.AskUnless(
        StoreOperation.AbortUpload, upload.Key, s3 => s3.AbortMultipartUploadAsync(bucket, upload.Key, upload.Handle, cancel), ["NoSuchUpload"], cancel);
}
