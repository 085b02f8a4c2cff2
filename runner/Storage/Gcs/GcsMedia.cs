using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace BackupRunner.Storage.Gcs;

/// <summary>The bytes of an object, as they are stored.</summary>
static class GcsMedia
{
    /// <param name="offset">Less than the object's size.</param>
    /// <exception cref="GcsRefusedException">It is no longer that generation, or cannot be read.</exception>
    public static async Task<Stream> Open(GcsClient client, GcsPlace place, StoredObject stored, long offset, CancellationToken cancel)
    {
        var response = await client.Sent(() => Request(place, stored, offset), cancel);
        try
        {
            if (Fault(response, stored, offset) is { } fault)
                throw new GcsRefusedException(new GcsRefusal((int)response.StatusCode, null, fault, GcsClient.Header(response, "X-GUploader-UploadID"), null));
            return await response.Content.ReadAsStreamAsync(cancel);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    static HttpRequestMessage Request(GcsPlace place, StoredObject stored, long offset)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, place.Media(stored.Key, $"?alt=media&ifGenerationMatch={stored.Version}"));
        if (offset > 0)
            request.Headers.Range = new RangeHeaderValue(offset, null);
        // An object that somebody has marked as gzip would be inflated by the service for one who does not take gzip
        // (https://cloud.google.com/storage/docs/transcoding).
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        return request;
    }

    /// <summary>Why these are not the bytes that were asked for; null when they are.</summary>
    static string? Fault(HttpResponseMessage response, StoredObject stored, long offset)
    {
        var encoding = string.Join(", ", response.Content.Headers.ContentEncoding);
        if (encoding.Length > 0 && encoding != GcsClient.Header(response, "X-Goog-Stored-Content-Encoding"))
            return $"the answer was encoded as {encoding} on its way";
        if (offset > 0 && (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != offset))
            return string.Create(CultureInfo.InvariantCulture, $"the answer does not begin at byte {offset}");
        return response.Content.Headers.ContentLength is { } bytes && bytes != stored.Bytes - offset
            ? string.Create(CultureInfo.InvariantCulture, $"the answer has {bytes} bytes, not {stored.Bytes - offset}")
            : null;
    }
}
