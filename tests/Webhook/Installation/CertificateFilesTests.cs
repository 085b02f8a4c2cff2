using System.Security.Cryptography;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Logging;
using BackupRunner.Webhook.Tls;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Tests.Webhook;

/// <summary>A certificate that somebody else keeps in files, as kubelet mounts a Secret: a link to a folder, which is exchanged.</summary>
public sealed class CertificateFilesTests : IAsyncLifetime
{
    static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    readonly Scratch folder = new();
    readonly TestAuthority authority = new();
    readonly MemoryStream lines = new();
    readonly CancellationTokenSource stop = new();
    // The authority's certificates hold for a day, by the real clock.
    readonly ManualTime time = new();
    ILoggerFactory logs = null!;
    ServingCertificate serving = null!;
    Task running = Task.CompletedTask;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Log => System.Text.Encoding.UTF8.GetString(lines.ToArray());

    public ValueTask InitializeAsync()
    {
        time.Advance(DateTimeOffset.UtcNow - time.GetUtcNow());
        (serving, logs) = (new ServingCertificate(time), LoggerFactory.Create(logging => logging.AddProvider(new JsonLog(lines, time))));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        logs.Dispose();
        stop.Dispose();
        authority.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task What_is_mounted_is_served_and_what_replaces_it_too()
    {
        var first = Mount("1");
        await Begin();
        Assert.Equal(first, serving.Current!.Thumbprint);
        var second = Mount("2");
        await Next();
        Assert.Equal(second, serving.Current!.Thumbprint);
        Assert.Null(serving.Problem);
    }

    [Theory]
    [InlineData("tls.crt", "-----BEGIN CERTIFICATE-----\nMIIB")]
    [InlineData("tls.key", "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49")]
    [InlineData("tls.key", "")]
    public async Task What_is_half_written_leaves_the_one_before_it_and_is_said_once(string file, string content)
    {
        var first = Mount("1");
        await Begin();
        var second = Mount("2", exchange: (file, content));
        await Next();
        await Next();
        Assert.Equal(first, serving.Current!.Thumbprint);
        Assert.Null(serving.Problem);
        Assert.Single(Log.Split('\n'), line => line.Contains("cannot be served", StringComparison.Ordinal));
        Assert.DoesNotContain("MIGHAgEA", Log, StringComparison.Ordinal);
        Mount("3", of: second);
        await Next();
        Assert.Equal(second, serving.Current!.Thumbprint);
    }

    [Fact]
    public async Task A_key_of_another_certificate_is_not_served()
    {
        var first = Mount("1");
        await Begin();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Mount("2", exchange: ("tls.key", other.ExportPkcs8PrivateKeyPem()));
        await Next();
        Assert.Equal(first, serving.Current!.Thumbprint);
    }

    [Fact]
    public async Task Without_files_it_is_not_ready_and_takes_them_when_they_come()
    {
        await Begin();
        Assert.Equal("there is no certificate yet", serving.Problem);
        var first = Mount("1");
        await Next();
        Assert.Equal(first, serving.Current!.Thumbprint);
    }

    [Fact]
    public async Task One_that_has_expired_is_not_taken()
    {
        Mount("1");
        time.Advance(TimeSpan.FromDays(2));
        await Begin();
        Assert.Equal("there is no certificate yet", serving.Problem);
        Assert.Contains("it expired at", Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_authorities_between_are_sent_with_it()
    {
        using var between = new TestAuthority(authority);
        Mount("1", between: between);
        await Begin();
        var received = await TlsHandshake.ChainOf(serving, "backup-webhook.backup-system.svc", authority.Certificate, Cancel);
        Assert.Equal(2, received);
    }

    async Task Begin()
    {
        running = new CertificateFiles(folder["tls.crt"], folder["tls.key"], time, logs.CreateLogger("tls")).Run(serving, stop.Token);
        await time.NextWait(Look, Cancel);
    }

    async Task Next()
    {
        time.Advance(Look);
        await time.NextWait(Look, Cancel);
    }

    /// <summary>Exchanges the folder; gives the thumbprint of the new certificate.</summary>
    /// <param name="of">Instead of a new one, this one, which was mounted before.</param>
    string Mount(string version, (string File, string Content)? exchange = null, TestAuthority? between = null, string? of = null)
    {
        var thumbprint = of;
        if (of is null)
        {
            using var issued = (between ?? authority).Issue("backup-webhook.backup-system.svc");
            thumbprint = issued.Thumbprint;
            folder.File($"all/{thumbprint}.crt", issued.ExportCertificatePem() + "\n" + (between?.Pem ?? ""));
            using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(issued)!;
            folder.File($"all/{thumbprint}.key", key.ExportPkcs8PrivateKeyPem());
        }
        foreach (var kind in (string[])["crt", "key"])
            folder.File($"v{version}/tls.{kind}", exchange is { } given && given.File == $"tls.{kind}" ? given.Content : File.ReadAllText(folder[$"all/{thumbprint}.{kind}"]));
        File.CreateSymbolicLink(folder["next"], "v" + version);
        Shell.Run("mv", "--no-target-directory", folder["next"], folder["..data"]);
        if (!File.Exists(folder["tls.crt"]) && new FileInfo(folder["tls.crt"]).LinkTarget is null)
        {
            File.CreateSymbolicLink(folder["tls.crt"], "..data/tls.crt");
            File.CreateSymbolicLink(folder["tls.key"], "..data/tls.key");
        }
        return thumbprint!;
    }
}
