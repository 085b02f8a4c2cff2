using System.Globalization;
using System.Net.Http.Headers;

namespace BackupRunner.Storage.Gcs;

/// <summary>What the service said of an upload session. Pure.</summary>
abstract record GcsSessionState
{
    /// <summary>It wants more. <paramref name="Persisted"/> is how many bytes it keeps: no more, and maybe fewer, than it was sent.</summary>
    public sealed record Open(long Persisted) : GcsSessionState;

    /// <summary>The object is there. <paramref name="Object"/> is null when the answer did not describe it.</summary>
    public sealed record Done(GcsObject? Object) : GcsSessionState;

    /// <summary>There is no such session any more.</summary>
    public sealed record Gone(GcsRefusal Refusal) : GcsSessionState;
}

/// <summary>
/// The requests of one resumable upload (https://cloud.google.com/storage/docs/performing-resumable-uploads). The session's address is a
/// secret: who knows it can write the object.
/// </summary>
sealed class GcsSession(GcsClient client, Uri session)
{
    const int ResumeIncomplete = 308;

    const int ClientClosedRequest = 499;

    /// <summary>Sends <paramref name="bytes"/>, which begin at <paramref name="offset"/> of the object.</summary>
    /// <param name="total">The object's size, with the last bytes; null when more will follow, and then a multiple of 256 KiB is sent.</param>
    /// <param name="checksum">Of the whole object, with the last bytes: the service makes it visible only if it is this.</param>
    public Task<GcsSessionState> Send(long offset, ReadOnlyMemory<byte> bytes, long? total, Crc32C? checksum, CancellationToken cancel) => Put(
        () =>
        {
            var content = new ReadOnlyMemoryContent(bytes);
            content.Headers.ContentRange = Range(offset, bytes.Length, total);
            var request = new HttpRequestMessage(HttpMethod.Put, session) { Content = content };
            if (checksum is { } known)
                request.Headers.Add("X-Goog-Hash", $"crc32c={known}");
            return request;
        },
        cancel);

    /// <summary>Asks how many bytes the service keeps.</summary>
    public Task<GcsSessionState> Query(CancellationToken cancel) => Put(
        () =>
        {
            var content = new ReadOnlyMemoryContent(ReadOnlyMemory<byte>.Empty);
            content.Headers.TryAddWithoutValidation("Content-Range", "bytes */*");
            return new HttpRequestMessage(HttpMethod.Put, session) { Content = content };
        },
        cancel);

    /// <summary>Ends the session; the service answers 499 when it has, and one that is gone is ended.</summary>
    public async Task Abort(CancellationToken cancel)
    {
        using var response = await client.Send(() => new HttpRequestMessage(HttpMethod.Delete, session) { Content = new ByteArrayContent([]) }, cancel);
        if ((int)response.StatusCode is not (ClientClosedRequest or 404 or 410) && !response.IsSuccessStatusCode)
            throw new GcsRefusedException(await client.Refusal(response, cancel) with { RequestId = null });
    }

    static ContentRangeHeaderValue Range(long offset, int count, long? total) => (count, total) switch
    {
        // Nothing is left to send but that this was all.
        (0, { } all) => new ContentRangeHeaderValue(all),
        (_, { } all) => new ContentRangeHeaderValue(offset, offset + count - 1, all),
        _ => new ContentRangeHeaderValue(offset, offset + count - 1),
    };

    async Task<GcsSessionState> Put(Func<HttpRequestMessage> request, CancellationToken cancel)
    {
        using var response = await client.Send(request, cancel);
        if ((int)response.StatusCode == ResumeIncomplete)
            return new GcsSessionState.Open(Persisted(GcsClient.Header(response, "Range")));
        if (response.IsSuccessStatusCode)
            return new GcsSessionState.Done(response.Content.Headers.ContentLength == 0 ? null : await GcsClient.Body(response, GcsJson.Default.GcsObject, cancel));
        // The service's name for the request is the session's own, and who knows that can write the object.
        var refusal = await client.Refusal(response, cancel) with { RequestId = null };
        return refusal.Status is 404 or 410 ? new GcsSessionState.Gone(refusal) : throw new GcsRefusedException(refusal);
    }

    /// <param name="range"><c>bytes=0-524287</c>; the service leaves the header out when it keeps nothing.</param>
    /// <exception cref="IOException">It is something else.</exception>
    public static long Persisted(string? range)
    {
        if (range is null)
            return 0;
        return RangeHeaderValue.TryParse(range, out var parsed) && parsed.Unit == "bytes" && parsed.Ranges is { Count: 1 } ranges && ranges.Single() is { From: 0, To: { } last }
            ? last + 1
            : throw new IOException(string.Create(CultureInfo.InvariantCulture, $"the service says that it keeps the bytes \"{range}\""));
    }
}
