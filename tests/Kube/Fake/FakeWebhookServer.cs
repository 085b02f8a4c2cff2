using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>A webhook of a test: keeps what it is asked, and answers what the test says.</summary>
public sealed class FakeWebhookServer : IAsyncDisposable
{
    readonly ConcurrentQueue<JsonNode> asked = new();
    readonly WebApplication server;

    FakeWebhookServer(WebApplication server) => this.server = server;

    /// <summary>Path, headers and body of every call, as the recordings have them.</summary>
    public IReadOnlyList<JsonNode> Asked => [.. asked];

    public Uri Address => new(server.Urls.Single());

    /// <param name="answer">From the path and the review's request to the fields of the response besides the uid.</param>
    public static async Task<FakeWebhookServer> Start(X509Certificate2 certificate, Func<string, JsonNode, Task<JsonObject>> answer, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var webhook = new FakeWebhookServer(builder.Build());
        webhook.server.Run(http => webhook.Serve(http, answer));
        await webhook.server.StartAsync(cancel);
        return webhook;
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    async Task Serve(HttpContext http, Func<string, JsonNode, Task<JsonObject>> answer)
    {
        var body = (await JsonNode.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted))!;
        var headers = new JsonObject();
        foreach (var name in (string[])["User-Agent", "Accept", "Content-Type"])
            headers[name] = http.Request.Headers[name].ToString();
        asked.Enqueue(new JsonObject { ["path"] = http.Request.Path + http.Request.QueryString, ["headers"] = headers, ["body"] = body.DeepClone() });
        var response = await answer(http.Request.Path, body["request"]!);
        response["uid"] = (string)body["request"]!["uid"]!;
        await http.Response.WriteAsync(new JsonObject { ["kind"] = "AdmissionReview", ["apiVersion"] = "admission.k8s.io/v1", ["response"] = response }.ToJsonString(), http.RequestAborted);
    }
}
