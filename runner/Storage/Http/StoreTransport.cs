using System.Net;
using System.Net.Security;

namespace BackupRunner.Storage.Http;

/// <summary>
/// The HTTP under every provider's library: proxies by the environment (HTTPS_PROXY, NO_PROXY), trust by the system and <c>ca.crt</c>, no
/// redirects, no decompression (what is stored is what is read), and a connection that moves no byte for a minute is given up.
/// </summary>
public static class StoreTransport
{
    /// <summary>A connection on which no byte moves for so long is dead.</summary>
    public static readonly TimeSpan Stall = TimeSpan.FromSeconds(60);

    static readonly TimeSpan Connect = TimeSpan.FromSeconds(30);

    // The addresses behind an object store's name change.
    static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    public static HttpClient Create(CredentialsFolder? credentials, TimeProvider time) => new(CreateHandler(credentials, time))
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>For a library that makes its own <see cref="HttpClient"/>.</summary>
    public static HttpMessageHandler CreateHandler(CredentialsFolder? credentials, TimeProvider time) => new StallHandler(Sockets(credentials), Stall, time);

    static SocketsHttpHandler Sockets(CredentialsFolder? credentials) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = Connect,
        PooledConnectionLifetime = ConnectionLifetime,
        UseCookies = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = new ServerTrust(credentials).Accept,
        },
    };
}
