using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
    readonly X509Certificate2 authority;
    readonly X509Certificate2 certificate;

    TlsServer(WebApplication server, X509Certificate2 authority, X509Certificate2 certificate) =>
        (this.server, this.authority, this.certificate) = (server, authority, certificate);

    public Uri Address { get; private set; } = null!;

    public string AuthorityPem => authority.ExportCertificatePem();

    /// <param name="name">The DNS name that the certificate is for.</param>
    public static async Task<TlsServer> Start(string name, CancellationToken cancel)
    {
        var (authority, certificate) = Certificates(name);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
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

    static (X509Certificate2 Authority, X509Certificate2 Server) Certificates(string name)
    {
        var (from, until) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=test authority", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var authority = root.CreateSelfSigned(from, until);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(authority, from, until, [1, 2, 3, 4]);
        using var whole = signed.CopyWithPrivateKey(key);
        // Kestrel on Linux takes a key that was imported.
        return (authority, X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null));
    }
}
