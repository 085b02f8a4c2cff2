using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Tests.Support;

/// <summary>A request as it came over the wire.</summary>
/// <param name="Target">Path and query, undecoded.</param>
public sealed record WireRequest(string Method, string Target, IHeaderDictionary Headers, long? Bytes)
{
    public string Path => Target.Split('?')[0];

    public bool HasQuery(string name) => Target.Contains('?', StringComparison.Ordinal)
        && Target.Split('?')[1].Split('&').Any(part => part.Split('=')[0].Equals(name, StringComparison.OrdinalIgnoreCase));
}

/// <summary>
/// A server between a client and a real one, which passes everything on as it is, the Host header too (signatures cover it), but for the
/// requests that it was told to spoil.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    const int CopyBytes = 64 << 10;

    static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Proxy-Connection", "Expect",
    };

    readonly WebApplication server;
    readonly HttpClient client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseProxy = false,
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    readonly Uri target;
    readonly ConcurrentQueue<WireRequest> requests = new();
    readonly Lock gate = new();
    readonly List<Planned> planned = [];

    FaultProxy(Uri target, WebApplication server) => (this.target, this.server) = (target, server);

    /// <summary>Of the proxy, with the path of the server behind it.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>All that came so far.</summary>
    public IReadOnlyList<WireRequest> Requests => [.. requests];

    /// <param name="target">The server behind it.</param>
    public static Task<FaultProxy> Start(Uri target, CancellationToken cancel) => Start(target, null, cancel);

    /// <param name="certificate">Of <c>localhost</c>: it speaks TLS with its clients.</param>
    public static async Task<FaultProxy> Start(Uri target, X509Certificate2? certificate, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => _ = certificate is null ? listen : listen.UseHttps(certificate));
        });
        var proxy = new FaultProxy(target, builder.Build());
        proxy.server.Run(proxy.Serve);
        await proxy.server.StartAsync(cancel);
        var bound = proxy.server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var host = certificate is null ? "127.0.0.1" : "localhost";
        proxy.Address = new UriBuilder(bound) { Host = host, Path = target.AbsolutePath }.Uri;
        return proxy;
    }

    /// <summary>Spoils the next requests that match.</summary>
    public void Spoil(Func<WireRequest, bool> match, Fault fault, int times = 1)
    {
        lock (gate)
            planned.Add(new Planned(match, fault) { Left = times });
    }

    /// <summary>Fails the test when a fault that was planned never came.</summary>
    public void AssertAllSpoiled()
    {
        lock (gate)
            Assert.All(planned, plan => Assert.True(plan.Left <= 0, $"{plan.Fault} was not met, {plan.Left} times"));
    }

    public async ValueTask DisposeAsync()
    {
        using (var now = new CancellationTokenSource())
        {
            await now.CancelAsync();
            await server.StopAsync(now.Token);
        }
        await server.DisposeAsync();
        client.Dispose();
    }

    async Task Serve(HttpContext context)
    {
        var seen = new WireRequest(
            context.Request.Method, context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, Kept(context.Request.Headers), context.Request.ContentLength);
        requests.Enqueue(seen);
        var fault = Take(seen);
        try
        {
            switch (fault)
            {
                case Fault.Answer answer:
                    await answer.Write(context);
                    break;
                case Fault.CutRequest cut:
                    await Skip(context.Request.Body, cut.AfterBytes, context.RequestAborted);
                    context.Abort();
                    break;
                case Fault.Hold hold:
                    hold.Held.TrySetResult();
                    await hold.Released.Task.WaitAsync(context.RequestAborted);
                    await Forward(context, seen, fault);
                    break;
                default:
                    await Forward(context, seen, fault);
                    break;
            }
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException or OperationCanceledException or BadHttpRequestException)
        {
            // One of the two sides has gone: the other one is told the only way there is.
            context.Abort();
        }
    }

    async Task Forward(HttpContext context, WireRequest seen, Fault? fault)
    {
        using var request = Outgoing(context, seen, fault);
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        if (fault is Fault.DropAnswer)
        {
            await answer.Content.CopyToAsync(Stream.Null, context.RequestAborted);
            context.Abort();
            return;
        }
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var header in answer.Headers.Concat(answer.Content.Headers).Where(header => !HopByHop.Contains(header.Key)))
            context.Response.Headers[header.Key] = header.Value.ToArray();
        if (HttpMethods.IsHead(seen.Method) || answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified)
            return;
        await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        if (fault is Fault.CutAnswer cut)
        {
            await Copy(body, context.Response.Body, cut.AfterBytes, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
            return;
        }
        await body.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    HttpRequestMessage Outgoing(HttpContext context, WireRequest seen, Fault? fault)
    {
        var raw = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        var request = new HttpRequestMessage(new HttpMethod(seen.Method), new Uri(Absolute(seen.Target), raw))
        {
            Version = HttpVersion.Version11,
        };
        var body = fault is Fault.Garble garble ? new GarblingStream(context.Request.Body, garble.AtByte) : context.Request.Body;
        if (seen.Bytes is not null || seen.Headers.ContainsKey("Transfer-Encoding"))
            request.Content = new StreamContent(body, CopyBytes);
        foreach (var header in seen.Headers.Where(header => !HopByHop.Contains(header.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(header.Key, header.Value.ToArray()))
                request.Content?.Headers.TryAddWithoutValidation(header.Key, header.Value.ToArray());
        }
        return request;
    }

    /// <summary>The server's own go with the request.</summary>
    static HeaderDictionary Kept(IHeaderDictionary headers)
    {
        var kept = new HeaderDictionary();
        foreach (var header in headers)
            kept[header.Key] = header.Value;
        return kept;
    }

    /// <summary>Whoever calls it as an HTTP proxy gives the whole address.</summary>
    string Absolute(string requested) => requested.StartsWith('/') ? target.GetLeftPart(UriPartial.Authority) + requested : requested;

    Fault? Take(WireRequest seen)
    {
        lock (gate)
        {
            var plan = planned.Find(plan => plan.Left > 0 && plan.Match(seen));
            if (plan is not null)
                plan.Left--;
            return plan?.Fault;
        }
    }

    static Task Skip(Stream body, long bytes, CancellationToken cancel) => Copy(body, Stream.Null, bytes, cancel);

    static async Task Copy(Stream from, Stream to, long bytes, CancellationToken cancel)
    {
        var buffer = new byte[CopyBytes];
        while (bytes > 0 && await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(bytes, buffer.Length)), cancel) is > 0 and var count)
        {
            await to.WriteAsync(buffer.AsMemory(0, count), cancel);
            bytes -= count;
        }
    }

    sealed record Planned(Func<WireRequest, bool> Match, Fault Fault)
    {
        public int Left { get; set; }
    }
}
