using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>The method objects.insert: media, multipart and resumable uploads.</summary>
public sealed class FakeGcsUploads(FakeGcsBucket bucket, FakeGcsRights rights) : IDisposable
{
    const int ClientClosedRequest = 499;

    static readonly string[] Conditions = ["ifGenerationMatch", "ifGenerationNotMatch"];

    static readonly HashSet<string> Metadata = ["name", "bucket", "contentType", "contentEncoding", "cacheControl", "metadata", "storageClass", "crc32c", "md5Hash"];

    readonly ConcurrentDictionary<string, FakeGcsSession> sessions = new();
    readonly ConcurrentDictionary<string, bool> ended = new();

    /// <summary>Sessions that were neither completed nor ended.</summary>
    public IReadOnlyList<FakeGcsSession> Unfinished => [.. sessions.Values.Where(session => !session.Complete)];

    public IReadOnlyList<FakeGcsSession> Sessions => [.. sessions.Values];

    /// <summary>A fault of the service itself: the first byte of each object that it makes by a session is another, and checksums do not help.</summary>
    public bool Damages { get; set; }

    public void Dispose()
    {
        foreach (var session in sessions.Values)
            session.Dispose();
    }

    /// <summary>As when a week has passed.</summary>
    public void ExpireAll() => sessions.Clear();

    public async Task Serve(HttpContext http)
    {
        var type = http.Request.Query["uploadType"].ToString();
        switch (http.Request.Method, type, http.Request.Query.ContainsKey("upload_id"))
        {
            case ("POST", "media", false):
                await Media(http);
                break;
            case ("POST", "multipart", false):
                await Multipart(http);
                break;
            case ("POST", "resumable", false):
                await Begin(http);
                break;
            case ("PUT", "resumable", true):
                await Session(http).Put(http);
                break;
            case ("DELETE", "resumable", true):
                End(http);
                break;
            default:
                throw new FakeGcsViolationException($"{http.Request.Method} with uploadType \"{type}\"");
        }
    }

    async Task Media(HttpContext http)
    {
        var query = new FakeGcsQuery(http.Request.Query, ["uploadType", "name", .. Conditions]);
        var key = query["name"] ?? throw new FakeGcsException(400, "required", "Required parameter: name");
        await Answer(http, Make(key, await Body(http.Request.Body), http.Request.ContentType, query, Hash(http)));
    }

    async Task Multipart(HttpContext http)
    {
        var query = new FakeGcsQuery(http.Request.Query, ["uploadType", "name", .. Conditions]);
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || type.MediaType != "multipart/related" || type.Boundary.Length == 0 || type.Boundary.Value!.StartsWith('"'))
            throw FakeGcsException.Invalid($"Malformed multipart body: {http.Request.ContentType}");
        var reader = new MultipartReader(type.Boundary.Value, http.Request.Body) { BodyLengthLimit = null };
        var described = await Describe((await reader.ReadNextSectionAsync() ?? throw FakeGcsException.Invalid("no metadata")).Body);
        var media = await reader.ReadNextSectionAsync() ?? throw FakeGcsException.Invalid("no media");
        var content = await Body(media.Body);
        if (await reader.ReadNextSectionAsync() is not null)
            throw FakeGcsException.Invalid("more than two parts");
        var key = Key(described, query);
        FakeGcsChecksums.Check("CRC32C", (string?)described["crc32c"], FakeGcsChecksums.Crc32C(content));
        FakeGcsChecksums.Check("MD5 hash", (string?)described["md5Hash"], FakeGcsChecksums.Md5(content));
        await Answer(http, Make(key, content, (string?)described["contentType"] ?? media.ContentType, query, Hash(http)));
    }

    async Task Begin(HttpContext http)
    {
        var query = new FakeGcsQuery(http.Request.Query, ["uploadType", "name", .. Conditions]);
        var described = http.Request.ContentLength > 0 ? await Describe(http.Request.Body) : [];
        var key = Key(described, query);
        CheckRights(key);
        query.CheckConditions(bucket.Find(key));
        var id = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
        sessions[id] = new FakeGcsSession(id, key, (content, hash) => Complete(key, content, hash, described, query), bucket.Resource);
        // As behind a private endpoint: the service names itself by its public address.
        http.Response.Headers.Location = $"https://storage.googleapis.com/upload/storage/v1/b/{bucket.Name}/o?uploadType=resumable&upload_id={id}";
        http.Response.ContentLength = 0;
    }

    FakeGcsObject Complete(string key, byte[] content, string? hash, JsonObject described, FakeGcsQuery query)
    {
        FakeGcsChecksums.Check("CRC32C", (string?)described["crc32c"], FakeGcsChecksums.Crc32C(content));
        if (!Damages)
            return Make(key, content, (string?)described["contentType"], query, hash);
        content[0] ^= 1;
        return Make(key, content, (string?)described["contentType"], query, null);
    }

    FakeGcsSession Session(HttpContext http)
    {
        var id = new FakeGcsQuery(http.Request.Query, "uploadType", "upload_id")["upload_id"]!;
        return sessions.TryGetValue(id, out var session) ? session
            : ended.ContainsKey(id) ? throw new FakeGcsException(410, "gone", "The requested resource is no longer available.")
            : throw new FakeGcsException(404, "notFound", "Not Found");
    }

    void End(HttpContext http)
    {
        var session = Session(http);
        if (!session.Complete)
        {
            sessions.TryRemove(session.Id, out _);
            ended[session.Id] = true;
        }
        http.Response.StatusCode = ClientClosedRequest;
        http.Response.ContentLength = 0;
    }

    FakeGcsObject Make(string key, byte[] content, string? type, FakeGcsQuery query, string? hash)
    {
        CheckRights(key);
        foreach (var said in hash?.Split(',') ?? [])
        {
            if (said.StartsWith("crc32c=", StringComparison.Ordinal))
                FakeGcsChecksums.Check("CRC32C", said["crc32c=".Length..], FakeGcsChecksums.Crc32C(content));
            else if (said.StartsWith("md5=", StringComparison.Ordinal))
                FakeGcsChecksums.Check("MD5 hash", said["md5=".Length..], FakeGcsChecksums.Md5(content));
            else
                throw FakeGcsException.Invalid($"Invalid X-Goog-Hash header: {said}");
        }
        return bucket.Make(key, content, type ?? "application/octet-stream", query.CheckConditions);
    }

    void CheckRights(string key)
    {
        rights.Demand("storage.objects.create", bucket.Name, key);
        if (bucket.Find(key) is not null)
            rights.Demand("storage.objects.delete", bucket.Name, key);
    }

    Task Answer(HttpContext http, FakeGcsObject made)
    {
        http.Response.ContentType = "application/json; charset=UTF-8";
        return http.Response.WriteAsync(bucket.Resource(made).ToJsonString());
    }

    static string? Hash(HttpContext http) => http.Request.Headers["X-Goog-Hash"].ToString() is { Length: > 0 } hash ? hash : null;

    static string Key(JsonObject described, FakeGcsQuery query) =>
        (string?)described["name"] ?? query["name"] ?? throw new FakeGcsException(400, "required", "Required parameter: name");

    static async Task<JsonObject> Describe(Stream body)
    {
        var described = JsonNode.Parse(await Body(body))?.AsObject() ?? throw new FakeGcsException(400, "parseError", "Parse Error");
        return described.Select(pair => pair.Key).Except(Metadata).ToList() is { Count: > 0 } unknown
            ? throw new FakeGcsViolationException($"object metadata that there is not: {string.Join(", ", unknown)}")
            : described;
    }

    static async Task<byte[]> Body(Stream body)
    {
        using var content = new MemoryStream();
        await body.CopyToAsync(content);
        return content.ToArray();
    }
}
