using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using BackupRunner.Kube;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Webhook.Logging;
using BackupRunner.Webhook.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Tests.Webhook;

/// <summary>One replica as far as its certificate goes, with the account that manifests/ gives it, and a clock of its own.</summary>
sealed class TlsReplica : IAsyncDisposable
{
    public static readonly WebhookPlace Place = new("backup-system", "backup-webhook");

    static readonly TimeSpan Look = TimeSpan.FromMinutes(1);

    readonly CancellationTokenSource stop = new();
    readonly MemoryStream lines = new();
    readonly ILoggerFactory logs;
    readonly KubeClient client;
    readonly WebApplication server;
    Task running = Task.CompletedTask;

    TlsReplica(FakeKubeApi api)
    {
        Serving = new ServingCertificate(Time);
        logs = LoggerFactory.Create(logging => logging.AddProvider(new JsonLog(lines, Time)));
        var config = new KubeConfig
        {
            Server = api.Address,
            Authorities = [X509Certificate2.CreateFromPem(api.AuthorityPem)],
            Token = BearerToken.Of(api.TokenOf("backup-system", "backup-webhook")),
            CallsPerSecond = 1000,
            CallsAtOnce = 1000,
        };
        client = new KubeClient(config, TimeProvider.System);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, Serving.UseIn));
        server = builder.Build();
        server.Run(http => http.Response.WriteAsync("here"));
    }

    public ManualTime Time { get; } = new();

    public ServingCertificate Serving { get; }

    public string Log
    {
        get
        {
            lock (lines)
                return System.Text.Encoding.UTF8.GetString(lines.ToArray());
        }
    }

    public Uri Address => new(server.Urls.Single());

    /// <summary>Started, and through with its first look.</summary>
    public static async Task<TlsReplica> Start(FakeKubeApi api, CancellationToken cancel)
    {
        var replica = await Idle(api, cancel);
        replica.Begin();
        await replica.Settled(cancel);
        return replica;
    }

    /// <summary>Listens, and has not begun to look.</summary>
    public static async Task<TlsReplica> Idle(FakeKubeApi api, CancellationToken cancel)
    {
        var replica = new TlsReplica(api);
        await replica.server.StartAsync(cancel);
        return replica;
    }

    public void Begin() => running = new IssuedCertificate(client, Place, Time, logs.CreateLogger("tls")).Run(Serving, stop.Token);

    /// <summary>Through with a look, and waiting for the next.</summary>
    public async Task Settled(CancellationToken cancel) => await Time.NextWait(Look, cancel);

    /// <summary>Lets that time pass, and what it makes due happen.</summary>
    public async Task Pass(TimeSpan by, CancellationToken cancel)
    {
        Time.Advance(by);
        await Settled(cancel);
    }

    /// <summary>As the API server would: trusts the bundle and nothing else, by this replica's clock. Gives the certificate that it was shown; throws when it does not take it.</summary>
    public async Task<X509Certificate2> Connect(string bundle, CancellationToken cancel)
    {
        await using var connection = await Open(bundle, cancel);
        return X509CertificateLoader.LoadCertificate(connection.RemoteCertificate!.GetRawCertData());
    }

    public async Task<SslStream> Open(string bundle, CancellationToken cancel)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Address.Port, cancel);
        var connection = new SslStream(socket.GetStream());
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTimeIgnored = false,
            VerificationTime = Time.GetUtcNow().LocalDateTime,
        };
        policy.CustomTrustStore.ImportFromPem(bundle);
        await connection.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "backup-webhook.backup-system.svc", CertificateChainPolicy = policy }, cancel);
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        await server.DisposeAsync();
        client.Dispose();
        logs.Dispose();
        stop.Dispose();
    }
}
