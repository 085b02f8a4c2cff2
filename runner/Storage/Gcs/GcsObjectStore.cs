using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using BackupRunner.Policy;
using BackupRunner.Storage.Http;

namespace BackupRunner.Storage.Gcs;

/// <summary>
/// Google Cloud Storage by its JSON API v1 (https://cloud.google.com/storage/docs/json_api/v1). A version is a generation. Upload sessions
/// cannot be listed: one that nobody completes is invisible, costs nothing, and ends after a week.
/// </summary>
public sealed class GcsObjectStore : IObjectStore
{
    static readonly Uri Google = new("https://storage.googleapis.com");

    readonly GcsPlace place;
    readonly GcsClient client;

    GcsObjectStore(GcsPlace place, GcsClient client) => (this.place, this.client) = (place, client);

    /// <summary>How many objects a page of a listing has at most; the service gives no more than 1,000.</summary>
    public int PageItems { get; init; } = 1000;

    public string Address => place.Address;

    /// <param name="storage">Complete, of provider <c>gcs</c>.</param>
    /// <param name="credentials">With <c>serviceAccount.json</c>; without that, Google's Application Default Credentials are used.</param>
    public static IObjectStore Open(StoragePolicy storage, CredentialsFolder? credentials, TimeProvider time) => Open(storage, credentials, time, pageItems: 1000);

    /// <param name="pageItems">See <see cref="PageItems"/>.</param>
    public static GcsObjectStore Open(StoragePolicy storage, CredentialsFolder? credentials, TimeProvider time, int pageItems)
    {
        var transport = StoreTransport.CreateHandler(credentials, time);
        var http = new HttpClient(transport) { Timeout = Timeout.InfiniteTimeSpan };
        return new GcsObjectStore(
            new GcsPlace(storage.Endpoint ?? Google, storage.Bucket!), new GcsClient(http, new GcsCredentials(credentials, transport, time), time))
        {
            PageItems = pageItems,
        };
    }

    public Task<StoredObject?> Head(string key, CancellationToken cancel) => Do(StoreOperation.Read, key, () => Found(key, cancel), cancel);

    async Task<StoredObject?> Found(string key, CancellationToken cancel)
    {
        try
        {
            return Stored(await client.Read(() => new(HttpMethod.Get, place.Object(key, $"?fields={GcsObject.Fields}")), GcsJson.Default.GcsObject, cancel));
        }
        catch (GcsRefusedException refused) when (refused.Refusal.NoSuchObject)
        {
            return null;
        }
    }

    public Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel) => Do(
        StoreOperation.Read, stored.Key, async () => offset == stored.Bytes ? await Unchanged(stored, cancel) : await GcsMedia.Open(client, place, stored, offset, cancel), cancel);

    // There is no range of no bytes to ask for.
    async Task<Stream> Unchanged(StoredObject stored, CancellationToken cancel)
    {
        _ = await client.Read(
            () => new(HttpMethod.Get, place.Object(stored.Key, $"?ifGenerationMatch={stored.Version}&fields={GcsObject.Fields}")), GcsJson.Default.GcsObject, cancel);
        return Stream.Null;
    }

    /// <summary>The service refuses content that does not have the checksums that were sent with it.</summary>
    public Task<StoredObject> Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        var described = JsonSerializer.SerializeToUtf8Bytes(
            new GcsNewObject(key, GcsUpload.ContentType, default(Crc32C).Append(content.Span).ToString(), Md5(content.Span)), GcsJson.Default.GcsNewObject);
        return Do(
            StoreOperation.Write, key,
            async () => Stored(await client.Read(() => new(HttpMethod.Post, place.Upload("?uploadType=multipart")) { Content = Multipart(described, content) }, GcsJson.Default.GcsObject, cancel)),
            cancel);
    }

    /// <summary>Metadata and content in one body (RFC 2387).</summary>
    static MultipartContent Multipart(byte[] described, ReadOnlyMemory<byte> content)
    {
        var boundary = $"backup-runner-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
        var metadata = new ByteArrayContent(described);
        metadata.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        var media = new ReadOnlyMemoryContent(content);
        media.Headers.ContentType = new MediaTypeHeaderValue(GcsUpload.ContentType);
        var both = new MultipartContent("related", boundary) { metadata, media };
        // .NET puts quotes around the boundary, which not every server takes off.
        both.Headers.ContentType!.Parameters.Single(parameter => parameter.Name == "boundary").Value = boundary;
        return both;
    }

    // MD5 is what the service checks, against accidents and not against an attacker.
#pragma warning disable CA5351
    static string Md5(ReadOnlySpan<byte> content) => Convert.ToBase64String(MD5.HashData(content));
#pragma warning restore CA5351

    /// <summary>A session is only given to one who may write.</summary>
    public async Task<IObjectUpload> BeginUpload(string key, CancellationToken cancel)
    {
        var upload = new GcsUpload(client, place, key);
        await Do(
            StoreOperation.Write, key,
            async () =>
            {
                await upload.Begin(cancel);
                return true;
            },
            cancel);
        return upload;
    }

    public Task<Page<StoredObject>> ListPage(string prefix, string? token, CancellationToken cancel) => Do(
        StoreOperation.List, prefix,
        async () =>
        {
            var query = string.Create(CultureInfo.InvariantCulture, $"?maxResults={PageItems}&fields=nextPageToken,items({GcsObject.Fields})&prefix={GcsPlace.Escaped(prefix)}");
            if (token is not null)
                query += $"&pageToken={GcsPlace.Escaped(token)}";
            var listing = await client.Read(() => new(HttpMethod.Get, place.Objects(query)), GcsJson.Default.GcsListing, cancel);
            return new Page<StoredObject>([.. (listing.Items ?? []).Select(Stored)], string.IsNullOrEmpty(listing.NextPageToken) ? null : listing.NextPageToken);
        },
        cancel);

    public Task Delete(string key, CancellationToken cancel) => Do(
        StoreOperation.Delete, key,
        async () =>
        {
            try
            {
                (await client.Sent(() => new(HttpMethod.Delete, place.Object(key, "")), cancel)).Dispose();
            }
            catch (GcsRefusedException refused) when (refused.Refusal.NoSuchObject)
            {
                return false;
            }
            return true;
        },
        cancel);

    /// <summary>Always empty: the service does not tell.</summary>
    public Task<Page<UnfinishedUpload>> ListUploadsPage(string prefix, string? token, CancellationToken cancel) => Task.FromResult(new Page<UnfinishedUpload>([], null));

    public Task AbortUpload(UnfinishedUpload upload, CancellationToken cancel) => throw new NotSupportedException("Cloud Storage lists no uploads, so there is none to abort");

    static StoredObject Stored(GcsObject answer) => answer.Stored();

    Task<T> Do<T>(StoreOperation operation, string key, Func<Task<T>> work, CancellationToken cancel) => GcsErrors.Tell(work, operation, key, place, cancel);
}
