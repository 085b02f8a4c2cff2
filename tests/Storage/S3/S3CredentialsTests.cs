using System.Net;
using System.Net.Sockets;
using System.Text;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.S3;
using BackupRunner.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Storage.S3;

/// <summary>Whose keys sign: those of the Secret, also when it changes, or what the environment gives.</summary>
public sealed class S3CredentialsTests : IDisposable
{
    readonly Scratch scratch = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData("accessKeyId", "secretAccessKey")]
    [InlineData("secretAccessKey", "accessKeyId")]
    public void Half_a_pair_of_keys_is_refused(string given, string missing)
    {
        scratch.File($"secret/{given}", "x");
        var storage = new StoragePolicy { Provider = StorageProvider.S3, Bucket = "b", Region = "eu-west-1" };
        var refused = Assert.Throws<RunnerException>(() => S3ObjectStore.Open(storage, CredentialsFolder.Open(scratch["secret"]), TimeProvider.System));
        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Contains($"have \"{given}\" but no \"{missing}\"", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_that_are_replaced_during_an_upload_are_used_from_the_next_part_on()
    {
        await using var bucket = await S3Bucket.Create(StorageProvider.S3, Cancel);
        await using var proxy = await FaultProxy.Start(S3Bucket.Server, Cancel);
        scratch.File("secret/accessKeyId", "test:tester");
        scratch.File("secret/secretAccessKey", "testing");
        var store = S3ObjectStore.Open(bucket.PolicyAt(proxy.Address), CredentialsFolder.Open(scratch["secret"]), TimeProvider.System);
        await using var upload = await store.BeginUpload("a/big", Cancel);
        await upload.SendPart(1, 0, new byte[upload.PartSizes.Of(1)], Cancel);

        proxy.Spoil(request => request.Headers.Authorization.ToString().Contains("Credential=test:tester/", StringComparison.Ordinal), new Fault.Answer(403, Body: CannedS3.Error("InvalidAccessKeyId", "revoked")), times: 1000);
        await Assert.ThrowsAsync<RunnerException>(() => upload.SendPart(2, upload.PartSizes.Of(1), "tail"u8.ToArray(), Cancel));
        scratch.File("secret/accessKeyId", "test:second");
        scratch.File("secret/secretAccessKey", "second-testing");
        await upload.SendPart(2, upload.PartSizes.Of(1), "tail"u8.ToArray(), Cancel);
        Assert.Equal(upload.PartSizes.Of(1) + 4L, (await upload.Complete(Cancel)).Bytes);
    }

    /// <summary>The files of a Secret are replaced together, but are read one by one.</summary>
    [Fact]
    public async Task Keys_that_are_replaced_while_they_are_read_are_read_again()
    {
        await using var server = await CannedS3.StartRefusing(403, "AccessDenied", "no", Cancel);
        var storage = PolicyDocument.Parse($"storage: {{provider: minio, bucket: canned, endpoint: \"{server.Address.AbsoluteUri}\"}}").Policy.Storage!;
        scratch.File("secret/accessKeyId", "old");
        scratch.File("secret/secretAccessKey", "old-secret");
        var store = S3ObjectStore.Open(storage, CredentialsFolder.Open(scratch["secret"]), TimeProvider.System);
        // A pipe: who reads it waits for who writes it.
        Shell.Bash($"rm {scratch["secret/secretAccessKey"]} && mkfifo {scratch["secret/secretAccessKey"]}");
        var asking = Task.Run(() => store.BeginUpload("a", Cancel), Cancel);
        await using (var first = new FileStream(scratch["secret/secretAccessKey"], FileMode.Open, FileAccess.Write))
        {
            scratch.File("secret/accessKeyId", "new");
            await first.WriteAsync("old-secret"u8.ToArray(), Cancel);
            Shell.Bash($"cd {scratch["secret"]} && echo new-secret >next && mv next secretAccessKey");
        }
        await Assert.ThrowsAsync<RunnerException>(() => asking);
        Assert.Contains("Credential=new/", server.Requests[0].Request.Headers.Authorization.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_was_signed_with_keys_revoked_meanwhile_is_worth_another_try()
    {
        scratch.File("secret/accessKeyId", "old");
        scratch.File("secret/secretAccessKey", "old-secret");
        var exchange = true;
        await using var server = await CannedS3.Start(
            (_, response) =>
            {
                if (exchange)
                    scratch.File("secret/accessKeyId", "new");
                response.StatusCode = 403;
                return response.WriteAsync(CannedS3.Error("InvalidAccessKeyId", "revoked"));
            },
            Cancel);
        var storage = PolicyDocument.Parse($"storage: {{provider: minio, bucket: canned, endpoint: \"{server.Address.AbsoluteUri}\"}}").Policy.Storage!;
        var store = S3ObjectStore.Open(storage, CredentialsFolder.Open(scratch["secret"]), TimeProvider.System);
        Assert.NotNull((await Assert.ThrowsAsync<RunnerException>(() => store.BeginUpload("a", Cancel))).Retry);
        exchange = false;
        Assert.Null((await Assert.ThrowsAsync<RunnerException>(() => store.BeginUpload("a", Cancel))).Retry);
    }

    [Fact]
    public async Task A_session_token_is_sent()
    {
        await using var server = await CannedS3.StartRefusing(403, "AccessDenied", "no", Cancel);
        await Assert.ThrowsAsync<RunnerException>(() => server.Open().BeginUpload("a", Cancel));
        Assert.Equal(CannedS3.SessionToken, server.Requests.Single().Request.Headers["x-amz-security-token"]);
    }

    [Fact]
    public async Task Without_keys_in_the_secret_those_of_the_environment_are_used()
    {
        await using var bucket = await S3Bucket.Create(StorageProvider.S3, Cancel);
        (await Check(bucket.PolicyYaml, new() { ["AWS_ACCESS_KEY_ID"] = "test:tester", ["AWS_SECRET_ACCESS_KEY"] = "testing" })).Exited(0);
    }

    [Fact]
    public async Task Without_any_keys_it_is_said_where_they_were_looked_for()
    {
        await using var bucket = await S3Bucket.Create(StorageProvider.S3, Cancel);
        var result = (await Check(bucket.PolicyYaml, new() { ["AWS_EC2_METADATA_DISABLED"] = "true" })).Exited(4);
        Assert.Contains("there are no credentials for S3", result.Error, StringComparison.Ordinal);
        Assert.Contains("AWS_WEB_IDENTITY_TOKEN_FILE", result.Error, StringComparison.Ordinal);
    }

    /// <summary>Amazon's library reads its settings there too, as soon as it is made.</summary>
    [Fact]
    public async Task Shared_files_that_cannot_be_read_are_told()
    {
        // It is there, and reading from its beginning fails, for root too.
        var result = (await Call([], sharedCredentials: "/proc/self/mem").Run(Arguments("provider: minio, bucket: a, endpoint: 'http://127.0.0.1:1'"))).Exited(4);
        Assert.Contains("cannot read its shared files", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_metadata_service_that_never_answers_does_not_hold_a_run_up()
    {
        await using var bucket = await S3Bucket.Create(StorageProvider.S3, Cancel);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var started = TimeProvider.System.GetTimestamp();
        (await Check(bucket.PolicyYaml, new() { ["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = $"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}" })).Exited(4);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(50));
    }

    [Fact]
    public async Task The_role_of_a_service_account_is_assumed_with_its_token()
    {
        await using var bucket = await S3Bucket.Create(StorageProvider.S3, Cancel);
        await using var tokens = await CannedS3.Start(
            (_, response) =>
            {
                response.ContentType = "text/xml";
                return response.WriteAsync(
                    "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult><Credentials>" +
                    "<AccessKeyId>test:tester</AccessKeyId><SecretAccessKey>testing</SecretAccessKey><SessionToken>session</SessionToken><Expiration>2040-01-01T00:00:00Z</Expiration>" +
                    "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>");
            },
            Cancel);
        (await Check(bucket.PolicyYaml, new()
        {
            ["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/backup",
            ["AWS_WEB_IDENTITY_TOKEN_FILE"] = scratch.File("token", "the-service-account-token"),
            ["AWS_REGION"] = "us-east-1",
            ["AWS_ENDPOINT_URL_STS"] = tokens.Address.AbsoluteUri,
        })).Exited(0);
        var asked = Encoding.UTF8.GetString(Assert.Single(tokens.Requests).Body);
        Assert.Contains("Action=AssumeRoleWithWebIdentity", asked, StringComparison.Ordinal);
        Assert.Contains("WebIdentityToken=the-service-account-token", asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Amazons_own_address_has_the_bucket_in_its_host_name_and_is_reached_through_a_proxy()
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        var call = Call(new()
        {
            ["AWS_ACCESS_KEY_ID"] = "AKID",
            ["AWS_SECRET_ACCESS_KEY"] = "secret",
            // Where backups go is said by the policy alone.
            ["AWS_ENDPOINT_URL"] = "https://elsewhere.example.com",
            ["AWS_ENDPOINT_URL_S3"] = "https://elsewhere.example.com",
            ["HTTPS_PROXY"] = $"http://127.0.0.1:{((IPEndPoint)proxy.LocalEndpoint).Port}",
            ["NO_PROXY"] = "",
            ["no_proxy"] = "",
        });
        await using var running = call.Start(Arguments("provider: s3, bucket: my-bucket, region: eu-central-1"));
        using var connection = await proxy.AcceptTcpClientAsync(Cancel);
        using var reader = new StreamReader(connection.GetStream());
        Assert.Equal("CONNECT my-bucket.s3.eu-central-1.amazonaws.com:443 HTTP/1.1", await reader.ReadLineAsync(Cancel));
    }

    Task<RunnerResult> Check(string storage, Dictionary<string, string> variables) => Call(variables).Run(Arguments(storage));

    string[] Arguments(string storage) =>
        ["check", "--policy", scratch.File("policy.yaml", $"backup:\n  storage: {{{storage}}}\n"), "--data", Path.GetDirectoryName(scratch.File("data/file", "x"))!];

    // Nothing of the machine that the tests run on: no keys, no profile.
    RunnerCall Call(Dictionary<string, string> variables, string sharedCredentials = "/nonexistent") => new(scratch.Folder("state"))
    {
        Variables = new Dictionary<string, string>(variables) { ["HOME"] = scratch.Folder("home"), ["AWS_CONFIG_FILE"] = "/nonexistent", ["AWS_SHARED_CREDENTIALS_FILE"] = sharedCredentials },
    };
}
