using System.Net.Security;
using System.Net.Sockets;

namespace BackupRunner.Kube;

/// <summary>Connections to the API server: which certificates are good, and how a dead peer is noticed.</summary>
static class KubeHandler
{
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    public static HttpMessageHandler For(KubeConfig config, TokenSource? tokens) => new AuthenticationHandler(config.ServerName, tokens, new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = config.UseProxy,
        ConnectTimeout = ConnectTimeout,
        // The address behind a name changes when a control plane is replaced.
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        SslOptions = Tls(config),
        ConnectCallback = Connect,
    });

    static SslClientAuthenticationOptions Tls(KubeConfig config)
    {
        var options = new SslClientAuthenticationOptions();
        if (config.ClientCertificate is { } certificate)
            options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        if (config.SkipTlsVerification)
#pragma warning disable CA5359 // insecure-skip-tls-verify: true says so.
            options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        if (config.Authorities is { } authorities)
        {
            var anchors = new TrustAnchors(authorities);
            options.CertificateChainPolicy = anchors.Policy();
            if (!anchors.AreRoots)
                options.RemoteCertificateValidationCallback ??= anchors.Accept;
        }
        return options;
    }

    /// <summary>With keep-alives: a watch and an exec may be silent for long, and a server that is gone says nothing either.</summary>
    static async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
