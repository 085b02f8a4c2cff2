using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using BackupRunner.Policy;
using BackupRunner.Storage;
using BackupRunner.Storage.S3;
using BackupRunner.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace BackupRunner.Tests.Storage.S3;

/// <summary>A server that answers what it is told to: what Amazon answers and Swift never does. It keeps what it was asked.</summary>
public sealed class CannedS3 : IAsyncDisposable
{
    /// <summary>They must be in no message.</summary>
    public const string AccessKeyId = "AKIDCANNED", SecretAccessKey = "canned-secret", SessionToken = "canned-token";

    readonly Scratch scratch = new();
    readonly WebApplication server;
    readonly ConcurrentQueue<(WireRequest Request, byte[] Body)> requests = new();

    CannedS3(WebApplication server) => this.server = server;

    public Uri Address { get; private set; } = null!;

    public IReadOnlyList<(WireRequest Request, byte[] Body)> Requests => [.. requests];

    /// <param name="certificate">With it the server speaks TLS.</param>
    public static async Task<CannedS3> Start(Func<WireRequest, HttpResponse, Task> answer, CancellationToken cancel, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                if (certificate is not null)
                    listen.UseHttps(certificate);
            });
        });
        var canned = new CannedS3(builder.Build());
        canned.server.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            var seen = new WireRequest(
                context.Request.Method, context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, new HeaderDictionary(new Dictionary<string, StringValues>(context.Request.Headers, StringComparer.OrdinalIgnoreCase)), context.Request.ContentLength);
            canned.requests.Enqueue((seen, body.ToArray()));
            context.Response.ContentType = "application/xml";
            await answer(seen, context.Response);
        });
        await canned.server.StartAsync(cancel);
        canned.Address = new UriBuilder(canned.server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) { Host = "localhost" }.Uri;
        canned.scratch.File("credentials/accessKeyId", AccessKeyId);
        canned.scratch.File("credentials/secretAccessKey", SecretAccessKey);
        canned.scratch.File("credentials/sessionToken", SessionToken);
        if (certificate is not null)
            canned.scratch.File("credentials/ca.crt", certificate.ExportCertificatePem());
        return canned;
    }

    /// <summary>Answers every request with an error, but HEAD without its body.</summary>
    public static Task<CannedS3> StartRefusing(int status, string code, string message, CancellationToken cancel, string region = "") => Start(
        (request, response) =>
        {
            response.StatusCode = status;
            if (region.Length > 0)
                response.Headers["x-amz-bucket-region"] = region;
            return request.Method == "HEAD" ? Task.CompletedTask : response.WriteAsync(Error(code, message));
        },
        cancel);

    public static string Error(string code, string message) =>
        $"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message><RequestId>REQ123</RequestId><HostId>host</HostId></Error>";

    /// <summary>Answers a GET with an object, or with a range of it.</summary>
    public static Task Part(HttpResponse response, string etag, string? range, string body)
    {
        response.StatusCode = range is null ? 200 : 206;
        response.Headers.ETag = etag;
        response.Headers.LastModified = "Sun, 22 Nov 2026 02:00:00 GMT";
        if (range is not null)
            response.Headers.ContentRange = range;
        response.ContentLength = body.Length;
        return response.WriteAsync(body);
    }

    /// <param name="more">Further keys of <c>storage</c>, flow style, beginning with a comma.</param>
    public IObjectStore Open(string more = "") => S3ObjectStore.Open(
        PolicyDocument.Parse($"storage: {{provider: s3, bucket: canned, region: eu-west-1, endpoint: \"{Address.AbsoluteUri}\", prefix: team{more}}}").Policy.Storage!,
        CredentialsFolder.Open(scratch["credentials"]), TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await server.StopAsync();
        await server.DisposeAsync();
        scratch.Dispose();
    }
}
