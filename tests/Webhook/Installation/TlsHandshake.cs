using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using BackupRunner.Webhook.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Tests.Webhook;

static class TlsHandshake
{
    /// <summary>How many certificates the server sent to a client that trusts only <paramref name="root"/> and took it.</summary>
    public static async Task<int> ChainOf(ServingCertificate serving, string host, X509Certificate2 root, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, serving.UseIn));
        await using var server = builder.Build();
        await server.StartAsync(cancel);
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(server.Urls.Single()).Port, cancel);
        var sent = 0;
        await using var connection = new SslStream(socket.GetStream(), false, (_, certificate, chain, errors) =>
        {
            sent = 1 + chain!.ChainPolicy.ExtraStore.Count(extra => extra.Thumbprint != ((X509Certificate2)certificate!).Thumbprint);
            return errors == SslPolicyErrors.None;
        });
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(root);
        await connection.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host, CertificateChainPolicy = policy }, cancel);
        return sent;
    }
}
