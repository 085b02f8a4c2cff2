using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>A resumable upload. One request at a time; it keeps whole multiples of 256 KiB of what came, all of it with the last bytes.</summary>
/// <param name="make">Makes the object of all bytes, with the checksums that the client gave.</param>
public sealed partial class FakeGcsSession(string id, string key, Func<byte[], string?, FakeGcsObject> make, Func<FakeGcsObject, JsonObject> resource) : IDisposable
{
    public const int Quantum = 256 << 10;

    const int ResumeIncomplete = 308;

    readonly SemaphoreSlim one = new(1);
    readonly MemoryStream kept = new();
    FakeGcsObject? made;

    public void Dispose()
    {
        one.Dispose();
        kept.Dispose();
    }

    public string Id => id;

    public string Key => key;

    public bool Complete => made is not null;

    public long Kept => kept.Length;

    /// <summary>Of one request, no more is kept, though all was taken: the service may do so at any time.</summary>
    public int KeepOfEach { get; set; } = int.MaxValue;

    /// <summary>A completed session is told without the object, as the reference allows.</summary>
    public bool Terse { get; set; }

    public async Task Put(HttpContext http)
    {
        await one.WaitAsync();
        try
        {
            await Serve(http);
        }
        finally
        {
            one.Release();
        }
    }

    async Task Serve(HttpContext http)
    {
        var range = http.Request.Headers.ContentRange.ToString();
        var hash = http.Request.Headers["X-Goog-Hash"].ToString() is { Length: > 0 } given ? given : null;
        if (ContentRange().Match(range) is not { Success: true } match)
            throw FakeGcsException.Invalid($"Failed to parse Content-Range header: {range}");
        var bytes = http.Request.ContentLength ?? throw new FakeGcsViolationException("a chunk without Content-Length");
        var total = match.Groups["total"].Value == "*" ? (long?)null : long.Parse(match.Groups["total"].Value, CultureInfo.InvariantCulture);
        if (hash is not null && total is null)
            throw new FakeGcsViolationException("X-Goog-Hash is for the last request of an upload");
        var first = match.Groups["first"].Success ? long.Parse(match.Groups["first"].Value, CultureInfo.InvariantCulture) : (long?)null;
        var last = match.Groups["last"].Success ? long.Parse(match.Groups["last"].Value, CultureInfo.InvariantCulture) : (long?)null;
        if (bytes != (first is null ? 0 : last - first + 1))
            throw FakeGcsException.Invalid($"There were {bytes} byte(s) in the request body, which Content-Range says are {range}");
        if (made is null && first is not null)
            await Take(http, first.Value, (int)bytes, total, last);
        if (made is null && total == kept.Length)
            made = make(kept.ToArray(), hash);
        await Answer(http);
    }

    async Task Take(HttpContext http, long first, int bytes, long? total, long? last)
    {
        if (first != kept.Length)
            throw FakeGcsException.Invalid($"Invalid request. According to the Content-Range header, the upload offset is {first} byte(s), which is not the persisted {kept.Length}.");
        if (total is { } all && last + 1 != all)
            throw new FakeGcsViolationException("bytes with a total that are not the last ones");
        if (total is null && bytes % Quantum != 0)
            throw FakeGcsException.Invalid($"Invalid request. There were {bytes} byte(s) in the request body. Chunks but the last are multiples of {Quantum}.");
        var whole = new byte[bytes];
        var came = 0;
        try
        {
            int count;
            while (came < bytes && (count = await http.Request.Body.ReadAsync(whole.AsMemory(came))) > 0)
                came += count;
        }
        finally
        {
            var keep = Math.Min(came, KeepOfEach);
            if (keep < bytes || total is null)
                keep -= keep % Quantum;
            kept.Write(whole, 0, keep);
        }
    }

    async Task Answer(HttpContext http)
    {
        if (made is not null)
        {
            if (Terse)
            {
                http.Response.ContentLength = 0;
                return;
            }
            http.Response.ContentType = "application/json; charset=UTF-8";
            await http.Response.WriteAsync(resource(made).ToJsonString());
            return;
        }
        http.Response.StatusCode = ResumeIncomplete;
        http.Response.ContentLength = 0;
        if (kept.Length > 0)
            http.Response.Headers.Range = $"bytes=0-{kept.Length - 1}";
    }

    [GeneratedRegex(@"\Abytes (?:(?<first>[0-9]+)-(?<last>[0-9]+)/(?<total>[0-9]+|\*)|\*/(?<total>[0-9]+|\*))\z")]
    private static partial Regex ContentRange();
}
