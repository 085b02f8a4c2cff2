using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>
/// Google Cloud Storage with one bucket, as far as its JSON API reference v1 describes what the runner uses, and its token endpoint and metadata
/// server, on a loopback port. It is as strict as they are, and what it does not model fails the test: see <see cref="AssertNoViolation"/>.
/// </summary>
public sealed class FakeGcs : IAsyncDisposable
{
    readonly WebApplication server;
    readonly ConcurrentQueue<string> violations = new();
    readonly ConcurrentQueue<(Func<HttpRequest, bool> Which, FakeGcsException Error)> refusals = new();

    FakeGcs(WebApplication server, string bucket, TimeProvider time)
    {
        this.server = server;
        Bucket = new FakeGcsBucket(bucket, time);
        Rights = new FakeGcsRights(Account.Email);
        Tokens = new FakeGcsTokens(time);
        Tokens.Know(Account);
        Uploads = new FakeGcsUploads(Bucket, Rights);
        Objects = new FakeGcsObjects(Bucket, Rights);
    }

    /// <summary>Scheme, host and port.</summary>
    public Uri Address { get; private set; } = null!;

    public Uri TokenAddress => new(Address, "/token");

    public FakeGcsAccount Account { get; } = new("runner", FakeGcsAccount.CommonKey);

    public FakeGcsBucket Bucket { get; }

    public FakeGcsRights Rights { get; }

    public FakeGcsTokens Tokens { get; }

    public FakeGcsUploads Uploads { get; }

    FakeGcsObjects Objects { get; }

    /// <summary>The next request that is meant is answered so.</summary>
    public void Refuse(Func<HttpRequest, bool> which, FakeGcsException error) => refusals.Enqueue((which, error));

    public static async Task<FakeGcs> Start(string bucket, TimeProvider time, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        var fake = new FakeGcs(builder.Build(), bucket, time);
        fake.server.Run(fake.Serve);
        await fake.server.StartAsync(cancel);
        fake.Address = new Uri(fake.server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return fake;
    }

    /// <summary>Fails the test if the client did anything that the API does not have.</summary>
    public void AssertNoViolation() => Assert.Empty(violations);

    async Task Serve(HttpContext http)
    {
        try
        {
            http.Response.Headers["X-GUploader-UploadID"] = "AFfake-" + http.TraceIdentifier.Replace(':', '-');
            await Route(http, http.Features.Get<IHttpRequestFeature>()!.RawTarget);
        }
        catch (FakeGcsException error)
        {
            await error.Write(http);
        }
        catch (Exception cut) when (http.RequestAborted.IsCancellationRequested || cut is ConnectionResetException or BadHttpRequestException)
        {
            http.Abort();
        }
        catch (Exception violation)
        {
            violations.Enqueue($"{http.Request.Method} {http.Features.Get<IHttpRequestFeature>()!.RawTarget}: {(violation is FakeGcsViolationException ? violation.Message : violation)}");
            http.Response.StatusCode = 501;
        }
    }

    Task Route(HttpContext http, string target)
    {
        var segments = target.Split('?')[0].Split('/')[1..];
        switch (segments)
        {
            case ["token"]:
                return Tokens.Serve(http);
            case [""] or ["computeMetadata", ..]:
                return Metadata(http, segments);
        }
        if (refusals.TryPeek(out var planned) && planned.Which(http.Request) && refusals.TryDequeue(out _))
            throw planned.Error;
        // A session's address is all that its requests need.
        if (segments is not ["upload", ..] || http.Request.Method == "POST" || http.Request.Headers.Authorization.Count > 0)
            Tokens.Check(http);
        var (path, download, upload) = segments[0] switch
        {
            "download" => (segments[1..], true, false),
            "upload" => (segments[1..], false, true),
            _ => (segments, false, false),
        };
        if (path is not ["storage", "v1", "b", var bucket, "o", .. var rest] || rest.Length > 1)
            throw new FakeGcsViolationException("no such method");
        if (Uri.UnescapeDataString(bucket) != Bucket.Name)
            throw FakeGcsException.NoBucket();
        var key = rest is [var escaped] ? Uri.UnescapeDataString(escaped) : null;
        switch (http.Request.Method, upload, key)
        {
            case (_, true, null):
                return Uploads.Serve(http);
            case ("GET", false, { Length: > 0 }):
                return Objects.Get(http, key, download);
            case ("GET", false, null) when !download:
                return Objects.List(http);
            case ("DELETE", false, { Length: > 0 }) when !download:
                Objects.Delete(http, key);
                return Task.CompletedTask;
            default:
                throw new FakeGcsViolationException("no such method");
        }
    }

    /// <summary>The metadata server of a machine in Google Cloud, or of a pod with workload identity.</summary>
    Task Metadata(HttpContext http, string[] segments)
    {
        http.Response.Headers["Metadata-Flavor"] = "Google";
        if (http.Request.Headers["Metadata-Flavor"] != "Google")
            throw new FakeGcsViolationException("a request to the metadata server without Metadata-Flavor");
        return segments switch
        {
            [""] => Task.CompletedTask,
            ["computeMetadata", "v1", "instance", "service-accounts", "default", "token"] => http.Response.WriteAsync(Tokens.Issue().ToJsonString()),
            _ => throw new FakeGcsViolationException("nothing that the metadata server has"),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Uploads.Dispose();
    }
}
