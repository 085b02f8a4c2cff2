using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace BackupRunner.Webhook.Tls;

/// <summary>The certificate of the connections that begin now. Those that are open keep theirs.</summary>
public sealed class ServingCertificate(TimeProvider time)
{
    volatile SslStreamCertificateContext? current;

    /// <summary>Null: there never was one.</summary>
    public X509Certificate2? Current => current?.TargetCertificate;

    /// <summary>Why a client would not take it; null: it would, by our clock.</summary>
    public string? Problem => Current is not { } certificate ? "there is no certificate yet"
        : Validity.HasExpired(certificate, time.GetUtcNow()) ? $"the certificate expired at {Validity.End(certificate):yyyy-MM-ddTHH:mm:ssZ}"
        : null;

    /// <param name="certificate">With its key.</param>
    /// <param name="above">Authorities between it and the one that clients trust, which are sent with it.</param>
    public void Serve(X509Certificate2 certificate, X509Certificate2Collection above) =>
        // Offline: nothing is downloaded to complete the chain.
        current = SslStreamCertificateContext.Create(certificate, above, offline: true);

    public void UseIn(ListenOptions listen) => listen.UseHttps(new TlsHandshakeCallbackOptions
    {
        OnConnection = _ => current is { } serving
            ? ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = serving, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 })
            : throw new AuthenticationException("there is no certificate yet"),
    });
}

/// <summary>Where the certificate comes from.</summary>
public interface ICertificateSource
{
    /// <summary>Keeps the best certificate that there is in <paramref name="serving"/>; never ends but by <paramref name="cancel"/>.</summary>
    Task Run(ServingCertificate serving, CancellationToken cancel);
}
