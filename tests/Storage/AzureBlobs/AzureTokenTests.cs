using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Storage.AzureBlobs;
using BackupRunner.Tests.Hooks;

namespace BackupRunner.Tests.Storage.AzureBlobs;

/// <summary>How long a token serves, wherever it is from.</summary>
public sealed class AzureTokenTests : IDisposable
{
    readonly Entra entra = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => entra.Dispose();

    [Fact]
    public async Task A_token_is_renewed_before_it_ends()
    {
        var time = new ManualTime();
        var hourly = new Hourly(time);
        var store = Open(new AzureIdentity(hourly, time), time);
        await store.Head("a/one", Cancel);
        await store.Head("a/one", Cancel);
        Assert.Equal(1, hourly.Given);
        time.Advance(TimeSpan.FromMinutes(56));
        await store.Head("a/one", Cancel);
        Assert.Equal(2, hourly.Given);
    }

    [Fact]
    public async Task A_token_that_cannot_be_renewed_serves_until_it_ends_and_then_another_try_may_bring_one()
    {
        var time = new ManualTime();
        var hourly = new Hourly(time);
        var store = Open(new AzureIdentity(hourly, time), time);
        await store.Head("a/one", Cancel);
        hourly.Away = true;
        time.Advance(TimeSpan.FromMinutes(56));
        await store.Head("a/one", Cancel);
        time.Advance(TimeSpan.FromMinutes(5));
        var refused = await Assert.ThrowsAsync<RunnerException>(() => store.Head("a/one", Cancel));
        Assert.Equal(ExitCode.Storage, refused.ExitCode);
        Assert.NotNull(refused.Retry);
    }

    [Fact]
    public async Task A_token_that_the_service_has_refused_or_that_is_for_something_else_is_not_given_again()
    {
        var time = new ManualTime();
        var hourly = new Hourly(time);
        var identity = new AzureIdentity(hourly, time);
        await identity.GetTokenAsync(new TokenRequestContext(["storage"]), Cancel);
        await identity.GetTokenAsync(new TokenRequestContext(["another"]), Cancel);
        Assert.Equal(2, hourly.Given);
        var refused = new TokenRequestContext(["another"], claims: "{}");
        await identity.GetTokenAsync(refused, Cancel);
        Assert.Equal(3, hourly.Given);
        hourly.Away = true;
        await Assert.ThrowsAsync<CredentialUnavailableException>(async () => await identity.GetTokenAsync(refused, Cancel));
        await Assert.ThrowsAsync<CredentialUnavailableException>(async () => await identity.GetTokenAsync(new TokenRequestContext(["storage"]), Cancel));
    }

    [Fact]
    public async Task A_token_is_renewed_when_its_source_says()
    {
        var time = new ManualTime();
        var hourly = new Hourly(time) { RenewedAfter = TimeSpan.FromMinutes(20) };
        var store = Open(new AzureIdentity(hourly, time), time);
        await store.Head("a/one", Cancel);
        time.Advance(TimeSpan.FromMinutes(19));
        await store.Head("a/one", Cancel);
        Assert.Equal(1, hourly.Given);
        time.Advance(TimeSpan.FromMinutes(1));
        await store.Head("a/one", Cancel);
        Assert.Equal(2, hourly.Given);
    }

    AzureObjectStore Open(AzureIdentity identity, TimeProvider time) => new(new AzureConnection(
        new StoragePolicy { Account = "acct", Container = "box" }, null, time, new HttpClientTransport(entra), identity));

    sealed class Hourly(TimeProvider time) : TokenCredential
    {
        public int Given { get; private set; }

        public bool Away { get; set; }

        public TimeSpan? RenewedAfter { get; init; }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            if (Away)
                throw new CredentialUnavailableException("nobody is there");
            Given++;
            var now = time.GetUtcNow();
            return ValueTask.FromResult(new AccessToken("the-token", now.AddHours(1), now + RenewedAfter));
        }

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
