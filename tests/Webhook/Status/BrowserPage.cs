using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook.Status;

/// <summary>One page of the browser.</summary>
public sealed class BrowserPage(Browser browser, string session, string target) : IAsyncDisposable
{
    readonly TaskCompletionSource loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What its console and its log say: errors, and violations of the Content-Security-Policy.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    internal void Heard(string method, JsonObject what)
    {
        if (method == "Page.loadEventFired")
            loaded.TrySetResult();
        else if (method == "Runtime.exceptionThrown" || method == "Runtime.consoleAPICalled" || method == "Log.entryAdded" && (string?)what["entry"]?["level"] is "error" or "warning" || method == "Audits.issueAdded" && (string?)what["issue"]?["code"] == "ContentSecurityPolicyIssue")
            Complaints.Enqueue($"{method}: {what.ToJsonString()}");
    }

    internal async Task Begin(Uri address, int width, bool dark)
    {
        foreach (var domain in (string[])["Page", "Runtime", "Log", "Audits"])
            await Call(domain + ".enable", []);
        await Call("Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = false });
        await Call("Emulation.setEmulatedMedia", new()
        {
            ["features"] = new JsonArray(
                new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" },
                new JsonObject { ["name"] = "prefers-reduced-motion", ["value"] = "reduce" }),
        });
        await Call("Page.navigate", new() { ["url"] = address.AbsoluteUri });
        await loaded.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }

    public Task<JsonObject> Call(string method, JsonObject parameters) => browser.Call(session, method, parameters);

    /// <summary>The value of an expression, as JSON.</summary>
    public async Task<JsonNode?> Value(string expression)
    {
        var answer = await Call("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        Assert.True(answer["exceptionDetails"] is null, answer["exceptionDetails"]?.ToJsonString());
        return answer["result"]!["value"]?.DeepClone();
    }

    public Task Until(string expression) => Eventually.True(async () => (bool)(await Value(expression))!, expression);

    public async Task Press(string key, int code, string? text = null)
    {
        var pressed = new JsonObject { ["type"] = "keyDown", ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code };
        if (text is not null)
            pressed["text"] = text;
        await Call("Input.dispatchKeyEvent", pressed);
        await Call("Input.dispatchKeyEvent", new() { ["type"] = "keyUp", ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code });
    }

    /// <summary>The whole page, up to <paramref name="most"/> pixels of it, as PNG.</summary>
    public async Task<byte[]> Picture(int most = 4_000)
    {
        var size = (await Call("Page.getLayoutMetrics", []))["cssContentSize"]!;
        var clip = new JsonObject { ["x"] = 0, ["y"] = 0, ["width"] = (double)size["width"]!, ["height"] = Math.Min(most, (double)size["height"]!), ["scale"] = 1 };
        return Convert.FromBase64String((string)(await Call("Page.captureScreenshot", new() { ["format"] = "png", ["captureBeyondViewport"] = true, ["clip"] = clip }))["data"]!);
    }

    public async ValueTask DisposeAsync() => await browser.Call(null, "Target.closeTarget", new() { ["targetId"] = target });
}
