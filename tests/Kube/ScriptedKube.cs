using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using BackupRunner.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Tests.Kube;

/// <summary>A request as it came.</summary>
public sealed record SeenRequest(string Method, string Path, string Query, string Body, string? Authorization, string? ContentType);

/// <summary>A server that says what a test wants an API server to say, however wrong.</summary>
public sealed class ScriptedKube : IAsyncDisposable
{
    readonly WebApplication server;
    readonly ConcurrentQueue<SeenRequest> seen = new();

    ScriptedKube(WebApplication server) => this.server = server;

    public Uri Address { get; private set; } = null!;

    public IReadOnlyList<SeenRequest> Seen => [.. seen];

    /// <param name="answer">With the number of the request, from 1.</param>
    /// <param name="port">0: any; nobody else gets it when this one ends.</param>
    /// <param name="chain">Sent beside the certificate.</param>
    public static async Task<ScriptedKube> Start(Func<HttpContext, int, Task> answer, CancellationToken cancel, X509Certificate2? certificate = null, int port = 0, X509Certificate2Collection? chain = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port == 0 ? FreePort.Next() : port, listen =>
        {
            if (certificate is not null)
                listen.UseHttps(https => (https.ServerCertificate, https.ServerCertificateChain) = (certificate, chain));
        }));
        var scripted = new ScriptedKube(builder.Build());
        scripted.server.UseWebSockets();
        var count = 0;
        scripted.server.Run(async context =>
        {
            var request = context.Request;
            var body = await new StreamReader(request.Body).ReadToEndAsync(context.RequestAborted);
            scripted.seen.Enqueue(new(request.Method, request.Path, request.QueryString.ToString(), body, request.Headers.Authorization, request.ContentType));
            context.Items["body"] = body;
            context.Response.ContentType = "application/json";
            await answer(context, Interlocked.Increment(ref count));
        });
        await scripted.server.StartAsync(cancel);
        var address = scripted.server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        scripted.Address = new UriBuilder(address) { Host = "localhost" }.Uri;
        return scripted;
    }

    /// <summary>What the server says of a call that fails.</summary>
    public static Task Fail(HttpContext context, int code, string reason, string message = "no", string details = "{}")
    {
        context.Response.StatusCode = code;
        return context.Response.WriteAsync(
            $$"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"{{message}}","reason":"{{reason}}","details":{{details}},"code":{{code}}}""");
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await server.StopAsync(now.Token);
        await server.DisposeAsync();
    }
}
