using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.AzureBlobs;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.AzureBlobs;

/// <summary>Tokens, from a stand-in for Microsoft Entra: what the library asks over HTTP, answered here.</summary>
public sealed class AzureIdentityTests : IDisposable
{
    static readonly string[] Variables =
    [
        "AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST",
    ];

    readonly Dictionary<string, string?> before = Variables.ToDictionary(name => name, Environment.GetEnvironmentVariable);
    readonly Scratch scratch = new();
    readonly Entra entra = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public AzureIdentityTests()
    {
        foreach (var name in Variables)
            Environment.SetEnvironmentVariable(name, null);
    }

    public void Dispose()
    {
        foreach (var (name, value) in before)
            Environment.SetEnvironmentVariable(name, value);
        entra.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public async Task Workload_identity_gives_the_token_that_requests_carry()
    {
        Environment.SetEnvironmentVariable("AZURE_CLIENT_ID", "00000000-0000-0000-0000-000000000001");
        Environment.SetEnvironmentVariable("AZURE_TENANT_ID", "00000000-0000-0000-0000-000000000002");
        Environment.SetEnvironmentVariable("AZURE_FEDERATED_TOKEN_FILE", scratch.File("token", "the-projected-token"));
        var store = Open();
        Assert.Null(await store.Head("a/one", Cancel));
        Assert.Null(await store.Head("a/two", Cancel));
        Assert.Contains("client_assertion=the-projected-token", Assert.Single(entra.TokenRequests), StringComparison.Ordinal);
        Assert.Equal(["Bearer the-token", "Bearer the-token"], entra.Authorizations);
    }

    [Fact]
    public async Task An_identity_that_is_refused_is_told_in_the_services_words()
    {
        Environment.SetEnvironmentVariable("AZURE_CLIENT_ID", "00000000-0000-0000-0000-000000000003");
        Environment.SetEnvironmentVariable("AZURE_TENANT_ID", "00000000-0000-0000-0000-000000000002");
        Environment.SetEnvironmentVariable("AZURE_CLIENT_SECRET", "S3CR3T");
        entra.Refusal = "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client secret provided.\\r\\nTrace ID: 1\",\"error_codes\":[7000215]}";
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Open().Head("a/one", Cancel));
        Assert.Equal(ExitCode.Storage, refused.ExitCode);
        Assert.Contains("Microsoft Entra gave no token: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("AADSTS7000215: Invalid client secret provided", refused.Message, StringComparison.Ordinal);
        Assert.Null(refused.Retry);
        Assert.DoesNotContain("S3CR3T", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_credentials_all_that_was_tried_is_named()
    {
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Open().Head("a/one", Cancel));
        Assert.Equal(ExitCode.Storage, refused.ExitCode);
        foreach (var tried in new[] { "AZURE_CLIENT_ID", "workload identity", "managed identity", "Azure CLI" })
            Assert.Contains(tried, refused.Message, StringComparison.Ordinal);
        Assert.Contains("--credentials", refused.Hint, StringComparison.Ordinal);
        Assert.Null(refused.Retry);
    }

    [Fact]
    public async Task A_chain_that_does_not_answer_is_given_up()
    {
        var time = new ManualTime();
        var silent = new Silent();
        var asked = Open(new AzureIdentity(silent, time), time).Head("a/one", Cancel);
        await silent.Asked.Task.WaitAsync(Cancel);
        time.Advance(AzureIdentity.Patience);
        var refused = await Assert.ThrowsAsync<RunnerException>(() => asked);
        Assert.Contains("Microsoft Entra gave no token: no answer within 30 s", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.Retry);
    }

    [Fact]
    public async Task A_run_that_is_stopped_does_not_wait_for_a_token()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var silent = new Silent();
        var asked = Open(new AzureIdentity(silent, TimeProvider.System), TimeProvider.System).Head("a/one", stop.Token);
        await silent.Asked.Task.WaitAsync(Cancel);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    public async Task A_token_server_that_is_busy_may_be_asked_again(HttpStatusCode status)
    {
        Environment.SetEnvironmentVariable("AZURE_CLIENT_ID", $"00000000-0000-0000-0000-{(int)status:000000000000}");
        Environment.SetEnvironmentVariable("AZURE_TENANT_ID", "00000000-0000-0000-0000-000000000002");
        Environment.SetEnvironmentVariable("AZURE_CLIENT_SECRET", "S3CR3T");
        (entra.Refusal, entra.RefusalStatus) = ("{\"error\":\"temporarily_unavailable\",\"error_description\":\"AADSTS90033: A transient error has occurred.\"}", status);
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Open().Head("a/one", Cancel));
        Assert.Contains("Microsoft Entra gave no token: ", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.Retry);
    }

    IObjectStore Open()
    {
        var transport = new HttpClientTransport(entra);
        return Open(AzureIdentity.Chain(transport, TimeProvider.System), TimeProvider.System);
    }

    AzureObjectStore Open(TokenCredential identity, TimeProvider time) => new(new AzureConnection(
        new StoragePolicy { Account = "acct", Container = "box" }, null, time, new HttpClientTransport(entra), identity));

    sealed class Silent : TokenCredential
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Asked.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException();
        }

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
