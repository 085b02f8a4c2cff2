using System.Net;
using System.Net.Sockets;
using BackupRunner.Storage;
using BackupRunner.Storage.Http;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.Http;

public sealed class StoreTransportTests : IDisposable
{
    readonly Scratch scratch = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task A_server_of_a_private_authority_is_trusted_once_its_certificate_is_in_the_secret()
    {
        await using var server = await TlsServer.Start("localhost", Cancel);
        var credentials = CredentialsFolder.Open(scratch.Folder("secret"));
        using var client = StoreTransport.Create(credentials, TimeProvider.System);

        var refused = await Failure(client, server.Address);
        Assert.Contains("its certificate is not trusted", refused.What, StringComparison.Ordinal);
        Assert.Contains("\"ca.crt\"", refused.Hint!, StringComparison.Ordinal);
        Assert.Null(refused.Retry);

        // The Secret changes while the program runs.
        scratch.File("secret/ca.crt", server.AuthorityPem);
        Assert.Equal("hello", await client.GetStringAsync(server.Address, Cancel));

        await using var other = await TlsServer.Start("localhost", Cancel);
        Assert.Contains("must hold the authority that signed it", (await Failure(client, other.Address)).Hint!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused_also_from_a_trusted_authority()
    {
        await using var server = await TlsServer.Start("minio.example.com", Cancel);
        scratch.File("secret/ca.crt", server.AuthorityPem);
        using var client = StoreTransport.Create(CredentialsFolder.Open(scratch["secret"]), TimeProvider.System);
        var refused = await Failure(client, server.Address);
        Assert.Contains("its certificate is for \"minio.example.com\"", refused.What, StringComparison.Ordinal);
        Assert.Null(refused.Retry);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
    public async Task An_authority_that_cannot_be_read_is_told(string text)
    {
        await using var server = await TlsServer.Start("localhost", Cancel);
        scratch.File("secret/ca.crt", text);
        using var client = StoreTransport.Create(CredentialsFolder.Open(scratch["secret"]), TimeProvider.System);
        Assert.Contains("\"ca.crt\" of the credentials", (await Failure(client, server.Address)).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_speaks_no_tls_is_told()
    {
        await using var plain = await FaultProxy.Start(new Uri("http://127.0.0.1:9"), Cancel);
        using var client = StoreTransport.Create(null, TimeProvider.System);
        var failure = await Failure(client, new UriBuilder(plain.Address) { Scheme = "https" }.Uri);
        Assert.Contains("no TLS with", failure.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_host_a_refused_connection_and_a_cut_one_each_have_their_own_sentence()
    {
        using var client = StoreTransport.Create(null, TimeProvider.System);
        var unknown = await Failure(client, new Uri("http://no-such-host.invalid/"));
        Assert.Contains("\"no-such-host.invalid\"", unknown.What, StringComparison.Ordinal);
        Assert.NotNull(unknown.Retry);

        var port = FreePort.Next();
        var refused = await Failure(client, new Uri($"http://127.0.0.1:{port}/"));
        Assert.Equal($"\"127.0.0.1:{port}\" refused the connection", refused.What);
        Assert.NotNull(refused.Retry);

        await using var cutting = await FaultProxy.Start(new Uri("http://127.0.0.1:9"), Cancel);
        cutting.Spoil(_ => true, new Fault.CutRequest(0));
        var cut = await Failure(client, cutting.Address);
        Assert.Contains("was cut", cut.What, StringComparison.Ordinal);
        Assert.Equal(new RetryHint(null, Answered: false), cut.Retry);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_a_compressed_answer_not_inflated()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = StoreTransport.Create(null, TimeProvider.System);
        var asked = client.GetAsync(new Uri($"http://{listener.LocalEndpoint}/"), Cancel);
        using var connection = await listener.AcceptTcpClientAsync(Cancel);
        using var reader = new StreamReader(connection.GetStream());
        while (await reader.ReadLineAsync(Cancel) is { Length: > 0 } line)
            Assert.DoesNotContain("Accept-Encoding", line, StringComparison.OrdinalIgnoreCase);
        await connection.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{listener.LocalEndpoint}/other\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), Cancel);
        connection.Close();
        // Whoever follows comes back, and is kept waiting no longer than this test.
        listener.Stop();
        using var answer = await asked;
        Assert.Equal(HttpStatusCode.TemporaryRedirect, answer.StatusCode);
    }

    [Fact]
    public async Task An_authority_between_that_the_server_shows_is_followed_to_the_one_in_the_secret()
    {
        await using var server = await TlsServer.Start("localhost", Cancel, between: true);
        scratch.File("secret/ca.crt", server.AuthorityPem);
        using var client = StoreTransport.Create(CredentialsFolder.Open(scratch["secret"]), TimeProvider.System);
        Assert.Equal("hello", await client.GetStringAsync(server.Address, Cancel));
    }

    static async Task<StoreFailure> Failure(HttpClient client, Uri address)
    {
        var thrown = await Assert.ThrowsAnyAsync<Exception>(() => client.GetStringAsync(address, Cancel));
        return HttpFailure.OfConnection(thrown, address) ?? throw new InvalidOperationException("not told", thrown);
    }
}
