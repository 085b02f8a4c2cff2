using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>Watches: what is there (unless the client knows it), then what changes, a JSON object a line.</summary>
public sealed class FakeWatches(FakeCluster cluster) : IDisposable
{
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(45);

    CancellationTokenSource all = new();

    /// <summary>How often a watch that wants bookmarks gets one. The real server: about once a minute.</summary>
    public TimeSpan BookmarkEvery { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Cuts every watch that is open, in the middle of its stream.</summary>
    public void Drop() => Interlocked.Exchange(ref all, new()).Cancel();

    public void Dispose() => all.Dispose();

    public async Task Serve(HttpContext http, FakeRequest request, FakeKind kind, CancellationToken cancel)
    {
        using var dropped = CancellationTokenSource.CreateLinkedTokenSource(cancel, Volatile.Read(ref all).Token);
        var matches = FakeReads.Selection(request, kind);
        var limit = int.TryParse(request.Query["timeoutSeconds"], out var seconds) && seconds > 0 ? TimeSpan.FromSeconds(seconds) : Longest;
        using var over = new CancellationTokenSource(limit, cluster.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(dropped.Token, over.Token);
        http.Response.ContentType = "application/json";
        try
        {
            await Stream(http, request, kind, matches, limit, either.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested && !dropped.IsCancellationRequested)
        {
            await http.Response.CompleteAsync();
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            http.Abort();
        }
    }

    async Task Stream(HttpContext http, FakeRequest request, FakeKind kind, Func<JsonNode, bool> matches, TimeSpan limit, CancellationToken cancel)
    {
        var given = request.Query["resourceVersion"].ToString();
        if (!long.TryParse(given.Length == 0 ? "0" : given, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            throw FakeStatusException.BadRequest($"invalid resource version \"{given}\": strconv.ParseUint: parsing \"{given}\": invalid syntax");
        var bookmarks = request.Is("allowWatchBookmarks");
        var initial = request.Is("sendInitialEvents");
        if (initial || version == 0)
        {
            var (items, now) = cluster.Storage.List(kind, request.Namespace)!.Value;
            foreach (var item in items.Where(item => matches(item.Item)))
                await Say(http, "ADDED", item.Bytes, cancel);
            version = now;
            if (initial && bookmarks)
                await Say(http, "BOOKMARK", Bookmark(kind, version, last: true), cancel);
        }
        await http.Response.StartAsync(cancel);
        await http.Response.BodyWriter.FlushAsync(cancel);
        var nextBookmark = Soonest(BookmarkEvery, initial ? Longest : limit - TimeSpan.FromSeconds(2));
        using var bell = bookmarks ? new PeriodicTimer(nextBookmark, cluster.Time) : null;
        var ringing = bell?.WaitForNextTickAsync(cancel).AsTask();
        while (true)
        {
            if (cluster.Storage.Since(version) is not { } since)
            {
                var gone = new FakeStatusException(410, "Expired", $"too old resource version: {version} ({cluster.Storage.Oldest})").ToJson();
                await Say(http, "ERROR", System.Text.Encoding.UTF8.GetBytes(gone.ToJsonString()), cancel);
                return;
            }
            foreach (var change in since.Changes)
            {
                version = change.Version;
                if (change.Key.Group == kind.Group && change.Key.Plural == kind.Plural && (request.Namespace.Length == 0 || change.Key.Namespace == request.Namespace))
                    await Report(http, change, matches, cancel);
            }
            await http.Response.BodyWriter.FlushAsync(cancel);
            if (ringing is null)
                await since.More.WaitAsync(cancel);
            else if (await Task.WhenAny(since.More, ringing).WaitAsync(cancel) == ringing)
            {
                await Say(http, "BOOKMARK", Bookmark(kind, version, last: false), cancel);
                ringing = bell!.WaitForNextTickAsync(cancel).AsTask();
            }
        }
    }

    // What no longer matches is gone, what begins to match is new.
    static async Task Report(HttpContext http, FakeChange change, Func<JsonNode, bool> matches, CancellationToken cancel)
    {
        var (was, stays) = (change.Old is not null && matches(change.Old.Item), change.New is not null && matches(change.New.Item));
        if (was || stays)
            await Say(http, !was ? "ADDED" : stays ? "MODIFIED" : "DELETED", change.Last.Bytes, cancel);
    }

    static ReadOnlyMemory<byte> Bookmark(FakeKind kind, long version, bool last)
    {
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (last)
            metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        return System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["kind"] = kind.Kind, ["apiVersion"] = kind.ApiVersion, ["metadata"] = metadata }.ToJsonString());
    }

    static async Task Say(HttpContext http, string type, ReadOnlyMemory<byte> item, CancellationToken cancel)
    {
        var body = http.Response.BodyWriter;
        System.Buffers.BuffersExtensions.Write(body, System.Text.Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",\"object\":"));
        System.Buffers.BuffersExtensions.Write(body, item.Span);
        System.Buffers.BuffersExtensions.Write(body, "}\n"u8);
        // A client that does not read holds the watch up, not the server's memory.
        if (body.UnflushedBytes > 64 * 1024)
            await body.FlushAsync(cancel);
    }

    static TimeSpan Soonest(TimeSpan every, TimeSpan beforeEnd) => beforeEnd > TimeSpan.Zero && beforeEnd < every ? beforeEnd : every;
}
