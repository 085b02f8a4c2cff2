using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace BackupRunner.Kube;

/// <summary>One watch: lists, follows, and does so again whenever that ends.</summary>
sealed class Watcher<T>(KubeClient client, KubeTransport transport, KubeResource<T> of, string? ns, ListOptions options, TimeProvider time)
    where T : KubeObject
{
    const int ShortestSeconds = 240;
    const int LongestSeconds = 360;

    /// <summary>So long the server may be late in ending a watch.</summary>
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    readonly WatchKnown known = new();
    readonly WatchPatience patience = new(time);

    /// <summary>Null: to be listed first.</summary>
    string? position;

    public async IAsyncEnumerable<WatchEvent<T>> Run([EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            patience.Begin();
            await using var changes = (position is null ? Listing(cancel) : Following(cancel)).GetAsyncEnumerator(cancel);
            while (await Next(changes, cancel))
                yield return changes.Current;
            await patience.Pause(cancel);
        }
    }

    /// <summary>False: it has ended, in good order or by a failure that is worth another try.</summary>
    async Task<bool> Next(IAsyncEnumerator<WatchEvent<T>> changes, CancellationToken cancel)
    {
        try
        {
            return await changes.MoveNextAsync();
        }
        catch (KubeException e) when (!cancel.IsCancellationRequested)
        {
            if (e.IsGone)
                position = null;
            if (!patience.Bears(e))
                throw;
            return false;
        }
    }

    async IAsyncEnumerable<WatchEvent<T>> Listing([EnumeratorCancellation] CancellationToken cancel)
    {
        known.BeginListing();
        string? version = null;
        await foreach (var page in client.Pages(of, ns, options, cancel))
        {
            // The first page says of which moment all of them are.
            version ??= page.ResourceVersion;
            foreach (var item in page.Items)
                foreach (var told in Told(item))
                    yield return told;
        }
        foreach (var gone in known.EndListing())
            yield return new(WatchChange.Deleted, Remembered(gone));
        position = version ?? "0";
        patience.Progress();
        yield return new(WatchChange.Synced, null);
    }

    async IAsyncEnumerable<WatchEvent<T>> Following([EnumeratorCancellation] CancellationToken cancel)
    {
        var seconds = RandomNumberGenerator.GetInt32(ShortestSeconds, LongestSeconds);
        var query = Query.Of(("watch", "1"), ("allowWatchBookmarks", "true"), ("labelSelector", options.LabelSelector),
            ("fieldSelector", options.FieldSelector), ("resourceVersion", position), ("timeoutSeconds", Query.Number(seconds)));
        var call = KubeCall.To(HttpMethod.Get, "watch", of, ns, null, query);
        using var response = await transport.Open(call, cancel);
        using var limit = new Patience(TimeSpan.FromSeconds(seconds) + Grace, time, cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
        await using var lines = WatchStream.Lines(stream, of, limit.Token).GetAsyncEnumerator(limit.Token);
        while (await NextLine(call, lines, cancel))
            foreach (var told in Told(call, lines.Current))
                yield return told;
    }

    static async Task<bool> NextLine(KubeCall call, IAsyncEnumerator<WatchLine<T>> lines, CancellationToken cancel)
    {
        try
        {
            return await lines.MoveNextAsync();
        }
        catch (JsonException e)
        {
            throw call.Unreadable(HttpStatusCode.OK, e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            throw call.Unreachable(e is OperationCanceledException ? "the server did not end the watch in time" : e.Message, e);
        }
    }

    IEnumerable<WatchEvent<T>> Told(KubeCall call, WatchLine<T> line)
    {
        if (line.Error is { } error)
            throw call.Failed(error, (HttpStatusCode)(error.Code ?? (int)HttpStatusCode.InternalServerError));
        if (line.Item is not { } item)
            return [];
        patience.Progress();
        position = item.Metadata.ResourceVersion ?? position;
        return line.Type switch
        {
            "ADDED" or "MODIFIED" => Told(item),
            "DELETED" => known.Gone(item.Metadata) ? [new(WatchChange.Deleted, item)] : [],
            _ => [],
        };
    }

    IEnumerable<WatchEvent<T>> Told(T item)
    {
        foreach (var (change, metadata) in known.Seen(item.Metadata))
            yield return new(change, ReferenceEquals(metadata, item.Metadata) ? item : Remembered(metadata));
    }

    /// <summary>An object that is gone and was not kept: its metadata only.</summary>
    T Remembered(KubeMetadata metadata) =>
        (T)((KubeObject)JsonSerializer.Deserialize("{}"u8, of.Json)! with { ApiVersion = of.ApiVersion, Kind = of.Kind, Metadata = metadata });
}
