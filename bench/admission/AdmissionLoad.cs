using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace BackupRunner.Bench;

/// <summary>
/// Sends recorded reviews at a fixed rate, whether or not those before were answered (open loop): a call's time counts from when it was due. Each names one of
/// so many workloads.
/// </summary>
static class AdmissionLoad
{
    public static async Task<int> Run(Uri address, int rate, int seconds, int connections, int objects, string[] files)
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = connections, UseProxy = false };
        // The certificate that the server made for itself a moment ago, and no other.
        string? pinned = null;
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => (pinned ??= certificate?.GetCertHashString()) == certificate?.GetCertHashString();
        using var client = new HttpClient(handler) { BaseAddress = address, DefaultRequestVersion = HttpVersion.Version11 };
        var reviews = files.SelectMany(file => Reviews(file, objects)).ToArray();
        var (total, denied) = (rate * seconds, 0);
        var took = new double[total];
        await Task.WhenAll(Enumerable.Range(0, 4 * connections).Select(at => Call(client, reviews[at % reviews.Length])));

        var calls = new Task[total];
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < total; i++)
        {
            var due = start + (long)((double)i / rate * Stopwatch.Frequency);
            if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is { Ticks: > 0 } wait)
                await Task.Delay(wait);
            calls[i] = One(i, due);
        }
        await Task.WhenAll(calls);
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Array.Sort(took);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{total} {total / elapsed:0} {AdmissionNumbers.Percentile(took, 0.5):0.0} {AdmissionNumbers.Percentile(took, 0.99):0.0} {took[^1]:0.0} {denied}"));
        return 0;

        async Task One(int i, long due)
        {
            if (!await Call(client, reviews[i % reviews.Length]))
                Interlocked.Increment(ref denied);
            took[i] = Stopwatch.GetElapsedTime(due).TotalMilliseconds;
        }
    }

    static async Task<bool> Call(HttpClient client, (string Path, byte[] Body) review)
    {
        using var content = new ByteArrayContent(review.Body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await client.PostAsync(review.Path, content);
        answer.EnsureSuccessStatusCode();
        return (bool)JsonNode.Parse(await answer.Content.ReadAsByteArrayAsync())!["response"]!["allowed"]!;
    }

    // A hundred workloads are enough to differ; all of them would only be the load generator's memory.
    static IEnumerable<(string Path, byte[] Body)> Reviews(string file, int objects)
    {
        var recorded = JsonNode.Parse(File.ReadAllText(file))!;
        for (var i = 0; i < Math.Min(objects, 100); i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"redis-{i * (objects / Math.Min(objects, 100))}");
            var text = recorded["body"]!.ToJsonString().Replace("\"name\":\"redis\"", $"\"name\":\"{name}\"", StringComparison.Ordinal)
                .Replace("\"StatefulSet/redis\"", $"\"StatefulSet/{name}\",\"backup.middleware.io/claim\":\"data-{name}-0\"", StringComparison.Ordinal);
            yield return ((string)recorded["path"]!, System.Text.Encoding.UTF8.GetBytes(text));
        }
    }
}
