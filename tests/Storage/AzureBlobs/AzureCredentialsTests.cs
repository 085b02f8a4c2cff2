using System.Net;
using System.Net.Sockets;
using Azure.Core.Pipeline;
using Azure.Storage.Sas;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.AzureBlobs;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.AzureBlobs;

public sealed class AzureCredentialsTests : IAsyncLifetime
{
    const string OtherKey = "b3RoZXI=";

    AzureContainer container = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => container = await AzureContainer.Create(Cancel);

    public async ValueTask DisposeAsync() => await container.DisposeAsync();

    [Fact]
    public async Task A_shared_access_signature_will_do_with_and_without_its_question_mark()
    {
        foreach (var token in new[] { Sas(), "?" + Sas() })
        {
            container.Mount("sasToken", token);
            var store = container.Open();
            await store.Put("a/one", "hello"u8.ToArray(), Cancel);
            Assert.Single(await store.List("a/", Cancel).ToListAsync(Cancel));
        }
    }

    [Theory]
    [InlineData("DefaultEndpointsProtocol=http;AccountName={0};AccountKey={1};BlobEndpoint={2};")]
    [InlineData("BlobEndpoint={2};AccountKey={1}")]
    [InlineData("BlobEndpoint={2};SharedAccessSignature={3}")]
    public async Task A_connection_string_brings_its_endpoint(string format)
    {
        container.Mount("connectionString", string.Format(null, format, AzureContainer.Account, AzureContainer.Key, AzureContainer.Service, Sas()));
        var store = AzureObjectStore.Open(container.Policy() with { Endpoint = null }, Folder(), TimeProvider.System);
        await store.Put("a/one", "hello"u8.ToArray(), Cancel);
        Assert.NotNull(await store.Head("a/one", Cancel));
        Assert.Equal($"{AzureContainer.Service}/{container.Name}", store.Address);
    }

    [Fact]
    public void The_usual_endpoint_is_the_accounts_own()
    {
        Assert.Equal("https://acct.blob.core.windows.net/box", Address(new StoragePolicy { Account = "acct", Container = "box" }));
        container.Mount("connectionString", $"DefaultEndpointsProtocol=https;AccountName=acct;AccountKey={OtherKey};EndpointSuffix=core.chinacloudapi.cn");
        Assert.Equal("https://acct.blob.core.chinacloudapi.cn/box", Address(new StoragePolicy { Account = "acct", Container = "box" }));
        Assert.Equal("https://private.example:8443/acct/box", Address(new StoragePolicy { Account = "acct", Container = "box", Endpoint = new Uri("https://private.example:8443/acct/") }));
    }

    [Fact]
    public async Task A_service_behind_a_name_and_a_path_is_reached()
    {
        // The library's own rules for addresses hold for numbers and "localhost" only.
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, stop) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, AzureContainer.Service.Port, stop);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        var named = new Uri($"http://azurite.storage.svc:8080{AzureContainer.Service.AbsolutePath}");
        var transport = new HttpClientTransport(new HttpClient(handler));
        var store = new AzureObjectStore(new AzureConnection(container.Policy(named), Folder(), TimeProvider.System, transport, AzureIdentity.Chain(transport, TimeProvider.System)));
        await store.Put("a/one two", "hello"u8.ToArray(), Cancel);
        Assert.Equal("a/one two", Assert.Single(await container.Store.List("", Cancel).ToListAsync(Cancel)).Key);
        Assert.Equal(5, (await store.Head("a/one two", Cancel))!.Bytes);
    }

    [Fact]
    public async Task A_secret_that_is_replaced_during_an_upload_holds_from_the_next_part_on()
    {
        var old = Sas();
        await using var proxy = await FaultProxy.Start(AzureContainer.Service, Cancel);
        container.Mount("sasToken", old);
        await using var upload = await container.Open(proxy.Address).BeginUpload("a/big", Cancel);
        await upload.SendPart(1, 0, new byte[upload.PartSizes.Of(1)], Cancel);

        proxy.Spoil(request => request.HasQuery("sig"), new Fault.Answer(403), times: 1000);
        var revoked = await Assert.ThrowsAsync<RunnerException>(() => upload.SendPart(2, upload.PartSizes.Of(1), new byte[10], Cancel));
        Assert.Null(revoked.Retry);

        container.Mount("accountKey", AzureContainer.Key);
        await upload.SendPart(2, upload.PartSizes.Of(1), new byte[10], Cancel);
        Assert.Equal(upload.PartSizes.Of(1) + 10L, (await upload.Complete(Cancel)).Bytes);
    }

    [Fact]
    public async Task A_request_that_was_on_its_way_when_the_secret_was_exchanged_may_be_tried_again()
    {
        await using var proxy = await FaultProxy.Start(AzureContainer.Service, Cancel);
        container.Mount("sasToken", Sas());
        var store = container.Open(proxy.Address);
        proxy.Spoil(Exchanged, new Fault.Answer(403));
        var refused = await Assert.ThrowsAsync<RunnerException>(() => store.Put("a/one", "hello"u8.ToArray(), Cancel));
        Assert.NotNull(refused.Retry);
        await store.Put("a/one", "hello"u8.ToArray(), Cancel);

        bool Exchanged(WireRequest _)
        {
            container.Mount("accountKey", AzureContainer.Key);
            return true;
        }
    }

    [Fact]
    public async Task A_secret_that_goes_during_a_run_sends_no_token_in_plain()
    {
        var store = container.Open();
        container.Mount("ca.crt", "unused");
        var refused = await Assert.ThrowsAsync<RunnerException>(() => store.Head("a/one", Cancel));
        Assert.Contains("a token may not be sent over http", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Credentials_that_say_the_same_twice_will_do()
    {
        container.Mount("accountKey", AzureContainer.Key);
        File.WriteAllText(Path.Join(container.CredentialsFolder, "connectionString"), $"AccountName={AzureContainer.Account};AccountKey={AzureContainer.Key}");
        container.Open();
    }

    [Fact]
    public void Credentials_that_contradict_each_other_are_refused()
    {
        container.Mount("accountKey", AzureContainer.Key);
        File.WriteAllText(Path.Join(container.CredentialsFolder, "sasToken"), Sas());
        Refused("the credentials hold \"accountKey\" and \"sasToken\", and they are not the same");
    }

    [Theory]
    [InlineData("accountKey", "no base64!", "the key in \"accountKey\" of the credentials is not base64")]
    [InlineData("sasToken", "https://a.blob.core.windows.net/c?sv=1&sig=S3CR3T", "\"sasToken\" is a whole URL")]
    [InlineData("sasToken", "sv=1&sp=r", "\"sasToken\" is no shared access signature")]
    [InlineData("connectionString", "AccountName=other;AccountKey=S3CR3T==", "is of the account \"other\", the policy's \"account\" is \"")]
    [InlineData("connectionString", "S3CR3T", "is no list of Name=value separated by semicolons")]
    [InlineData("connectionString", "AccountKey=S3CR3T==;AccountKey=S3CR3TS3CR3T", "is no list of Name=value separated by semicolons, each name once")]
    [InlineData("connectionString", "BlobEndpoint=https://x/?sig=S3CR3T;AccountKey=S3CR3T==", "holds a BlobEndpoint that is no address")]
    [InlineData("connectionString", "DefaultEndpointsProtocol=ftp;AccountName=a;AccountKey=S3CR3T==", "does not make an address")]
    [InlineData("sasToken", "sv=1&sig=S3CR3T cut", "\"sasToken\" is no shared access signature")]
    [InlineData("connectionString", "UseDevelopmentStorage=true", "is the emulator's short form")]
    [InlineData("connectionString", "AccountName=other", "holds neither an AccountKey nor a SharedAccessSignature")]
    [InlineData("connectionString", "BlobEndpoint=ftp://x;AccountKey=S3CR3T==", "holds a BlobEndpoint that is no address")]
    public void What_is_no_credential_is_refused_and_not_shown(string name, string value, string message)
    {
        container.Mount(name, value);
        Refused(message);
    }

    [Fact]
    public void Without_credentials_a_plain_endpoint_is_refused()
    {
        container.Mount("ca.crt", "unused");
        Refused("a token may not be sent over http");
    }

    void Refused(string message)
    {
        var refused = Assert.Throws<RunnerException>(() => container.Open());
        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("S3CR3T", refused.ToString(), StringComparison.Ordinal);
    }

    CredentialsFolder Folder() => CredentialsFolder.Open(container.CredentialsFolder);

    string Address(StoragePolicy policy) =>
        AzureObjectStore.Open(policy, File.Exists(Path.Join(container.CredentialsFolder, "connectionString")) ? Folder() : null, TimeProvider.System).Address;

    string Sas() => container.Signature(BlobContainerSasPermissions.All, DateTimeOffset.UtcNow.AddHours(1));
}
