using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Tests.Storage.AzureBlobs;

/// <summary>What the blob service answers, of which the emulator cannot be made to: error bodies as in "Status and error codes" of its reference.</summary>
public sealed class CannedService : IAsyncDisposable
{
    readonly WebApplication server;

    CannedService(WebApplication server) => this.server = server;

    public Uri Address { get; private set; } = null!;

    /// <param name="code">In the header, as for HEAD, and in the body.</param>
    /// <param name="detail">An <c>AuthenticationErrorDetail</c>.</param>
    /// <param name="date">The service's time.</param>
    public static async Task<CannedService> Start(int status, string code, string? detail, DateTimeOffset date, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var canned = new CannedService(builder.Build());
        canned.server.Run(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["x-ms-error-code"] = code;
            context.Response.Headers["x-ms-request-id"] = "id-of-the-request";
            context.Response.Headers.Date = date.ToString("R", CultureInfo.InvariantCulture);
            context.Response.ContentType = "application/xml";
            var more = detail is null ? "" : $"<AuthenticationErrorDetail>{WebUtility.HtmlEncode(detail)}</AuthenticationErrorDetail>";
            if (!HttpMethods.IsHead(context.Request.Method))
                await context.Response.WriteAsync($"<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>In the service's words.</Message>{more}</Error>", cancel);
        });
        await canned.server.StartAsync(cancel);
        canned.Address = new Uri(canned.server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return canned;
    }

    public async ValueTask DisposeAsync()
    {
        await server.StopAsync();
        await server.DisposeAsync();
    }
}
