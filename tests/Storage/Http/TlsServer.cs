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

namespace BackupRunner.Tests.Storage.Http;

/// <summary>An HTTPS server whose certificate an authority of its own has signed.</summary>
public sealed class TlsServer : IAsyncDisposable
{
    readonly WebApplication server;
    readonly TestAuthority authority;
    readonly X509Certificate2 certificate;

    TlsServer(WebApplication server, TestAuthority authority, X509Certificate2 certificate) =>
        (this.server, this.authority, this.certificate) = (server, authority, certificate);

    public Uri Address { get; private set; } = null!;

    public string AuthorityPem => authority.Pem;

    /// <param name="name">The DNS name that the certificate is for.</param>
    /// <param name="between">An authority between the two has signed it; the server shows that one too.</param>
    public static async Task<TlsServer> Start(string name, CancellationToken cancel, bool between = false)
    {
        var authority = new TestAuthority();
        using var middle = between ? new TestAuthority(authority) : null;
        var certificate = (middle ?? authority).Issue(name);
        X509Certificate2Collection shown = middle is null ? [] : [X509CertificateLoader.LoadCertificate(middle.Certificate.RawData)];
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https => (https.ServerCertificate, https.ServerCertificateChain) = (certificate, shown))));
        var tls = new TlsServer(builder.Build(), authority, certificate);
        tls.server.Run(context => context.Response.WriteAsync("hello", cancel));
        await tls.server.StartAsync(cancel);
        var bound = new Uri(tls.server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        tls.Address = new UriBuilder(bound) { Host = "localhost" }.Uri;
        return tls;
    }

    public async ValueTask DisposeAsync()
    {
        await server.StopAsync();
        await server.DisposeAsync();
        certificate.Dispose();
        authority.Dispose();
    }
}
