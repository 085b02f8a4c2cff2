using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using BackupRunner.Storage.Http;
using Google.Apis.Auth.OAuth2;

namespace BackupRunner.Storage.Gcs;

/// <summary>Sends requests with an access token, and reads answers. A token that is refused is replaced once; nothing else is repeated.</summary>
sealed class GcsClient(HttpClient http, GcsCredentials credentials, TimeProvider time)
{
    // An error of Cloud Storage has a few hundred bytes; what a proxy answers instead may be a page.
    const int MaxErrorBytes = 64 << 10;

    const int MaxErrorCharacters = 400;

    /// <param name="request">Makes the request, anew for each sending.</param>
    /// <returns>Any answer, with its body unread.</returns>
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    /// <exception cref="RunnerException">There is no token.</exception>
    public async Task<HttpResponseMessage> Send(Func<HttpRequestMessage> request, CancellationToken cancel)
    {
        var token = await credentials.Token(refused: null, cancel);
        var response = await Send(request, token, cancel);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
            return response;
        response.Dispose();
        return await Send(request, await credentials.Token(token.AccessToken, cancel), cancel);
    }

    async Task<HttpResponseMessage> Send(Func<HttpRequestMessage> make, AccessTokenWithHeaders token, CancellationToken cancel)
    {
        using var request = make();
        token.AddHeaders(request);
        request.Headers.Authorization = new("Bearer", token.AccessToken);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    }

    /// <summary>Sends, and reads the answer.</summary>
    /// <exception cref="GcsRefusedException">It is not of status 2xx.</exception>
    public async Task<T> Read<T>(Func<HttpRequestMessage> request, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using var response = await Sent(request, cancel);
        return await Body(response, type, cancel);
    }

    /// <returns>An answer of status 2xx, with its body unread.</returns>
    /// <exception cref="GcsRefusedException">It is of another status.</exception>
    public async Task<HttpResponseMessage> Sent(Func<HttpRequestMessage> request, CancellationToken cancel)
    {
        var response = await Send(request, cancel);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw new GcsRefusedException(await Refusal(response, cancel));
    }

    /// <exception cref="IOException">The body was cut, or is not what an answer of Cloud Storage is.</exception>
    public static async Task<T> Body<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        try
        {
            return await JsonSerializer.DeserializeAsync(body, type, cancel) ?? throw new JsonException("it is null");
        }
        catch (JsonException unreadable)
        {
            throw new IOException("an answer cannot be read as JSON", unreadable);
        }
    }

    public async Task<GcsRefusal> Refusal(HttpResponseMessage response, CancellationToken cancel)
    {
        var error = await Error(response, cancel);
        var message = error?.Message is { Length: > MaxErrorCharacters } tooLong ? tooLong[..MaxErrorCharacters] : error?.Message;
        return new GcsRefusal(
            (int)response.StatusCode, error?.Errors is [{ } first, ..] ? first.Reason : null, message,
            Header(response, "X-GUploader-UploadID"), HttpFailure.After(Header(response, "Retry-After"), time.GetUtcNow()));
    }

    public static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    /// <returns>Null when the body is no error of Cloud Storage.</returns>
    static async Task<GcsErrorBody?> Error(HttpResponseMessage response, CancellationToken cancel)
    {
        var bytes = new byte[MaxErrorBytes];
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancel);
            var count = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel);
            return JsonSerializer.Deserialize(bytes.AsSpan(0, count), GcsJson.Default.GcsError)?.Error;
        }
        // The status alone says enough.
        catch (Exception unreadable) when (unreadable is JsonException or IOException or HttpRequestException or TimeoutException)
        {
            return null;
        }
    }
}
