using System.Security.Cryptography;
using BackupRunner.Reports;
using BackupRunner.Storage.Gcs;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.Gcs;

public sealed class GcsCredentialsTests : IAsyncLifetime
{
    readonly Scratch scratch = new();
    readonly SetClock serverTime = new(TimeProvider.System.GetUtcNow());
    GcsBucket bucket = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    FakeGcs Fake => bucket.Fake;

    public async ValueTask InitializeAsync() => bucket = await GcsBucket.Create(serverTime, Cancel);

    public async ValueTask DisposeAsync()
    {
        await bucket.DisposeAsync();
        scratch.Dispose();
    }

    [Fact]
    public async Task One_token_serves_many_requests()
    {
        for (var i = 0; i < 5; i++)
            await bucket.Store.Put($"a/{i}", "x"u8.ToArray(), Cancel);
        Assert.Equal(1, Fake.Tokens.Given);
    }

    [Fact]
    public async Task A_token_that_ended_early_is_replaced_once()
    {
        await bucket.Store.Put("a", "x"u8.ToArray(), Cancel);
        Fake.Tokens.RevokeAll();
        await bucket.Store.Put("a", "y"u8.ToArray(), Cancel);
        Assert.Equal(2, Fake.Tokens.Given);
    }

    [Fact]
    public async Task A_new_token_that_is_refused_too_is_a_failure()
    {
        for (var i = 0; i < 2; i++)
            Fake.Refuse(_ => true, new FakeGcsException(401, "authError", "Invalid Credentials"));
        var failed = await Assert.ThrowsAsync<RunnerException>(() => bucket.Store.Head("a", Cancel));
        Assert.Contains("the access token is not accepted, nor is a new one (401 authError: Invalid Credentials", failed.Message, StringComparison.Ordinal);
        Assert.Null(failed.Retry);
        Assert.Equal(2, Fake.Tokens.Given);
    }

    [Fact]
    public async Task A_key_that_is_replaced_in_the_middle_of_an_upload_is_taken_for_the_next_part()
    {
        using var key = RSA.Create(2048);
        await using var upload = await bucket.Store.BeginUpload("a", Cancel);
        await upload.SendPart(1, 0, new byte[upload.PartSizes.Of(1)], Cancel);
        var next = new FakeGcsAccount("next", key);
        Fake.Tokens.Know(next);
        Fake.Tokens.Forget(Fake.Account);
        Fake.Tokens.RevokeAll();
        bucket.UseKeyOf(next);
        await upload.SendPart(2, upload.PartSizes.Of(1), "end"u8.ToArray(), Cancel);
        Assert.Equal(upload.PartSizes.Of(1) + 3, (await upload.Complete(Cancel)).Bytes);
    }

    [Fact]
    public async Task Each_reason_for_no_token_has_its_own_sentence()
    {
        Assert.Contains("no such key any more (invalid_grant: Invalid JWT Signature)", await Refused(() =>
        {
            using var other = RSA.Create(2048);
            bucket.UseKeyOf(new FakeGcsAccount("runner", other));
        }), StringComparison.Ordinal);
        Assert.Contains("no such service account, or it is disabled (invalid_grant: Invalid grant: account not found)", await Refused(() => Fake.Tokens.Forget(Fake.Account)), StringComparison.Ordinal);
        Fake.Tokens.Know(Fake.Account);
        Assert.Contains("the clock of this machine is wrong", await Refused(() => serverTime.Now += TimeSpan.FromHours(3)), StringComparison.Ordinal);
    }

    async Task<string> Refused(Action spoil)
    {
        bucket.UseKeyOf(Fake.Account);
        spoil();
        var failed = await Assert.ThrowsAsync<RunnerException>(() => bucket.OpenAt(bucket.Address, TimeProvider.System).Head("a", Cancel));
        Assert.Equal(ExitCode.Storage, failed.ExitCode);
        Assert.Null(failed.Retry);
        Assert.DoesNotContain("PRIVATE KEY", failed.ToString(), StringComparison.Ordinal);
        return failed.Message;
    }

    [Theory]
    [InlineData(503, "busy", true)]
    [InlineData(429, """{"error":"rate_limit_exceeded"}""", true)]
    [InlineData(400, """{"error":"invalid_grant","error_description":"Token has been expired or revoked."}""", false)]
    [InlineData(400, """{"error":"invalid_client"}""", false)]
    public async Task A_token_server_that_cannot_answer_now_is_asked_again(int status, string body, bool again)
    {
        Fake.Tokens.Answer = (status, body);
        var failed = await Assert.ThrowsAsync<RunnerException>(() => bucket.Store.Head("a", Cancel));
        Assert.Equal(again, failed.Retry is not null);
        Assert.StartsWith($"no access token for Google Cloud Storage by \"{bucket.CredentialsFolder}/serviceAccount.json\": ", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_server_that_is_not_there_is_named()
    {
        scratch.File("serviceAccount.json", Fake.Account.File(new Uri("http://127.0.0.1:1/token")));
        var store = GcsObjectStore.Open(Policy(), BackupRunner.Storage.CredentialsFolder.Open(scratch.Path), TimeProvider.System);
        var failed = await Assert.ThrowsAsync<RunnerException>(() => store.Head("a", Cancel));
        Assert.Contains("\"127.0.0.1:1\" refused the connection", failed.Message, StringComparison.Ordinal);
        Assert.NotNull(failed.Retry);
    }

    [Theory]
    [InlineData("no JSON at all")]
    [InlineData("[]")]
    [InlineData("""{"type":"service_account"}""")]
    [InlineData("""{"type":"service_account","client_email":"a@b","private_key":"zzz"}""")]
    [InlineData("""{"type":"service_account","client_email":"a@b","private_key":"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"}""")]
    [InlineData("""{"type":"something"}""")]
    [InlineData("""{"type":null}""")]
    public async Task A_file_that_holds_no_credentials_is_refused_without_quoting_it(string content)
    {
        scratch.File("serviceAccount.json", content);
        var store = GcsObjectStore.Open(Policy(), BackupRunner.Storage.CredentialsFolder.Open(scratch.Path), TimeProvider.System);
        var failed = await Assert.ThrowsAsync<RunnerException>(() => store.Head("a", Cancel));
        Assert.Equal(ExitCode.Usage, failed.ExitCode);
        Assert.Contains("serviceAccount.json", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("MIIB", failed.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("zzz", failed.ToString(), StringComparison.Ordinal);
    }

    BackupRunner.Policy.StoragePolicy Policy() => new() { Provider = BackupRunner.Policy.StorageProvider.Gcs, Bucket = "test-bucket", Project = "p", Endpoint = Fake.Address };
}
