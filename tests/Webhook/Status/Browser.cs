using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook.Status;

/// <summary>A headless Chromium, driven by its DevTools protocol. One for a class of tests: a fixture.</summary>
public sealed class Browser : IAsyncLifetime
{
    readonly Scratch profile = new();
    readonly ClientWebSocket socket = new();
    readonly SemaphoreSlim sending = new(1);
    readonly ConcurrentDictionary<int, TaskCompletionSource<JsonObject>> calls = new();
    readonly ConcurrentDictionary<string, Action<string, JsonObject>> pages = new();
    Process? process;
    Task reading = Task.CompletedTask;
    int last;

    public async ValueTask InitializeAsync()
    {
        string[] arguments =
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--disable-extensions", "--disable-component-update",
            "--disable-background-networking", "--force-color-profile=srgb", "--remote-debugging-port=0", $"--user-data-dir={profile.Path}", "about:blank",
        ];
        process = Process.Start(new ProcessStartInfo("chromium", arguments) { RedirectStandardError = true })!;
        var address = await Listening(process.StandardError).WaitAsync(TimeSpan.FromMinutes(2));
        _ = process.StandardError.ReadToEndAsync();
        await socket.ConnectAsync(new Uri(address), CancellationToken.None);
        reading = Read();
    }

    public async ValueTask DisposeAsync()
    {
        socket.Abort();
        process?.Kill(entireProcessTree: true);
        await reading;
        if (process is not null)
            await process.WaitForExitAsync();
        process?.Dispose();
        socket.Dispose();
        sending.Dispose();
        profile.Dispose();
    }

    /// <summary>A page of its own, with nothing in its cache.</summary>
    public async Task<BrowserPage> Open(Uri address, int width, bool dark)
    {
        var target = (string)(await Call(null, "Target.createTarget", new() { ["url"] = "about:blank" }))["targetId"]!;
        var session = (string)(await Call(null, "Target.attachToTarget", new() { ["targetId"] = target, ["flatten"] = true }))["sessionId"]!;
        var page = new BrowserPage(this, session, target);
        pages[session] = page.Heard;
        await page.Begin(address, width, dark);
        return page;
    }

    /// <exception cref="InvalidOperationException">The browser does not do that.</exception>
    internal async Task<JsonObject> Call(string? session, string method, JsonObject parameters)
    {
        var id = Interlocked.Increment(ref last);
        var answer = calls[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session is not null)
            message["sessionId"] = session;
        await sending.WaitAsync();
        try
        {
            await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            sending.Release();
        }
        var said = await answer.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        return said["error"] is { } error ? throw new InvalidOperationException($"{method}: {error.ToJsonString()}") : (JsonObject)said["result"]!;
    }

    static async Task<string> Listening(StreamReader output)
    {
        const string Sign = "DevTools listening on ";
        while (await output.ReadLineAsync() is { } line)
            if (line.StartsWith(Sign, StringComparison.Ordinal))
                return line[Sign.Length..].Trim();
        throw new InvalidOperationException("chromium ended before it listened");
    }

    async Task Read()
    {
        var (buffer, message) = (new byte[64 << 10], new MemoryStream());
        try
        {
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer, CancellationToken.None);
                message.Write(buffer, 0, part.Count);
                if (!part.EndOfMessage)
                    continue;
                var heard = (JsonObject)JsonNode.Parse(message.ToArray())!;
                message.SetLength(0);
                if (heard["id"] is { } id && calls.TryRemove((int)id, out var call))
                    call.SetResult(heard);
                else if (heard["sessionId"] is { } session && pages.TryGetValue((string)session!, out var page))
                    page((string)heard["method"]!, (JsonObject)heard["params"]!);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            foreach (var call in calls.Values)
                call.TrySetException(new InvalidOperationException("the browser is gone", e));
        }
    }
}
