using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>The methods objects.get, with and without media, objects.list and objects.delete.</summary>
public sealed class FakeGcsObjects(FakeGcsBucket bucket, FakeGcsRights rights)
{
    const int MostItems = 1000;

    const string PageToken = "after:";

    public Task Get(HttpContext http, string key, bool download)
    {
        var query = new FakeGcsQuery(http.Request.Query, "alt", "generation", "ifGenerationMatch", "ifGenerationNotMatch", "fields", "projection");
        rights.Demand("storage.objects.get", bucket.Name, key);
        var live = bucket.Find(key) is { } found && (query.Number("generation") ?? found.Generation) == found.Generation ? found : throw FakeGcsException.NoObject(bucket.Name, key);
        query.CheckConditions(live);
        return (query["alt"] ?? "json", download) switch
        {
            ("media", _) => Media(http, live),
            ("json", false) => Json(http, FakeGcsFields.Select(bucket.Resource(live), query["fields"], FakeGcsBucket.Fields)),
            _ => throw new FakeGcsViolationException("a download without alt=media"),
        };
    }

    public Task List(HttpContext http)
    {
        var query = new FakeGcsQuery(http.Request.Query, "prefix", "pageToken", "maxResults", "fields", "projection");
        rights.Demand("storage.objects.list", bucket.Name, null);
        var after = query["pageToken"] is { } token ? After(token) : null;
        var most = (int)Math.Min(query.Number("maxResults") ?? MostItems, MostItems);
        if (most == 0)
            throw FakeGcsException.Invalid("Invalid unsigned integer value: '0'.");
        var rest = bucket.Objects.Where(stored => stored.Name.StartsWith(query["prefix"] ?? "", StringComparison.Ordinal))
            .SkipWhile(stored => after is not null && Encoding.UTF8.GetBytes(stored.Name).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(after)) <= 0).ToList();
        var listing = new JsonObject { ["kind"] = "storage#objects" };
        if (rest.Count > most)
            listing["nextPageToken"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(PageToken + rest[most - 1].Name));
        if (rest.Count > 0)
            listing["items"] = new JsonArray([.. rest.Take(most).Select(bucket.Resource)]);
        return Json(http, FakeGcsFields.Select(listing, query["fields"], FakeGcsBucket.Fields));
    }

    public void Delete(HttpContext http, string key)
    {
        var query = new FakeGcsQuery(http.Request.Query, "generation", "ifGenerationMatch", "ifGenerationNotMatch");
        rights.Demand("storage.objects.delete", bucket.Name, key);
        bucket.Remove(key, live =>
        {
            if ((query.Number("generation") ?? live.Generation) != live.Generation)
                throw FakeGcsException.NoObject(bucket.Name, key);
            query.CheckConditions(live);
        });
        http.Response.StatusCode = 204;
    }

    static string After(string token)
    {
        var bytes = new byte[token.Length];
        return Convert.TryFromBase64String(token, bytes, out var count) && Encoding.UTF8.GetString(bytes, 0, count) is { } text && text.StartsWith(PageToken, StringComparison.Ordinal)
            ? text[PageToken.Length..]
            : throw FakeGcsException.Invalid("Invalid argument: pageToken");
    }

    static Task Json(HttpContext http, JsonObject body)
    {
        http.Response.ContentType = "application/json; charset=UTF-8";
        return http.Response.WriteAsync(body.ToJsonString());
    }

    static async Task Media(HttpContext http, FakeGcsObject stored)
    {
        var answer = http.Response;
        answer.ContentType = stored.ContentType;
        answer.Headers["X-Goog-Generation"] = stored.Generation.ToString(CultureInfo.InvariantCulture);
        answer.Headers["X-Goog-Hash"] = $"crc32c={stored.Crc32C},md5={stored.Md5}";
        answer.Headers["X-Goog-Stored-Content-Encoding"] = stored.ContentEncoding ?? "identity";
        answer.Headers["X-Goog-Stored-Content-Length"] = stored.Content.Length.ToString(CultureInfo.InvariantCulture);
        if (stored.ContentEncoding == "gzip")
        {
            if (!http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal))
            {
                // Decompressive transcoding: neither length nor range.
                await using var inflated = new GZipStream(new MemoryStream(stored.Content), CompressionMode.Decompress);
                await inflated.CopyToAsync(answer.Body);
                return;
            }
            answer.Headers.ContentEncoding = "gzip";
        }
        var (from, to) = (0, stored.Content.Length - 1);
        if (http.Request.Headers.Range.ToString() is { Length: > 0 } range)
        {
            if (!RangeHeaderValue.TryParse(range, out var parsed) || parsed.Unit != "bytes" || parsed.Ranges.Count != 1)
                throw new FakeGcsViolationException($"the range {range}");
            var one = parsed.Ranges.Single();
            from = (int)(one.From ?? Math.Max(0, stored.Content.Length - one.To!.Value));
            to = (int)Math.Min(one.From is null ? long.MaxValue : one.To ?? long.MaxValue, stored.Content.Length - 1);
            if (from > to)
            {
                answer.Headers.ContentRange = $"bytes */{stored.Content.Length}";
                throw new FakeGcsException(416, "requestedRangeNotSatisfiable", "Request range not satisfiable");
            }
            answer.StatusCode = 206;
            answer.Headers.ContentRange = $"bytes {from}-{to}/{stored.Content.Length}";
        }
        answer.ContentLength = to - from + 1;
        await answer.Body.WriteAsync(stored.Content.AsMemory(from, to - from + 1));
    }
}
