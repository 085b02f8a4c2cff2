using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;

namespace BackupRunner.Storage.AzureBlobs;

/// <summary>
/// Tokens of Microsoft Entra, each kept until it is to be renewed: what gives them may start a program for each. A chain that gives none
/// in <see cref="Patience"/> has failed.
/// </summary>
public sealed class AzureIdentity(TokenCredential chain, TimeProvider time) : TokenCredential
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    static readonly TimeSpan Renewal = TimeSpan.FromMinutes(5);

    volatile Kept? kept;

    /// <summary>Whether there ever was one: from then on a source that has none now will have one again.</summary>
    public bool HasGiven => kept is not null;

    /// <summary>What can work in a pod and at a terminal without a question asked: environment, workload identity, managed identity, Azure CLI.</summary>
    public static AzureIdentity Chain(HttpPipelineTransport transport, TimeProvider time)
    {
        var options = new DefaultAzureCredentialOptions
        {
            Transport = transport,
            ExcludeAzureDeveloperCliCredential = true,
            ExcludeAzurePowerShellCredential = true,
            ExcludeBrokerCredential = true,
            ExcludeInteractiveBrowserCredential = true,
            ExcludeVisualStudioCodeCredential = true,
            ExcludeVisualStudioCredential = true,
        };
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = Patience;
        options.Diagnostics.IsLoggingEnabled = false;
        options.Diagnostics.IsTelemetryEnabled = false;
        options.Diagnostics.IsDistributedTracingEnabled = false;
        return new AzureIdentity(new DefaultAzureCredential(options), time);
    }

    /// <exception cref="AuthenticationFailedException">There is none to be had.</exception>
    public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        var scopes = string.Join(' ', requestContext.Scopes);
        // Claims are asked for when the service has refused the token that we had.
        if (requestContext.Claims is null && kept is { } before && before.Scopes == scopes && time.GetUtcNow() < (before.Token.RefreshOn ?? before.Token.ExpiresOn - Renewal))
            return before.Token;
        try
        {
            var token = await Ask(requestContext, cancellationToken);
            kept = new Kept(scopes, token);
            return token;
        }
        catch (AuthenticationFailedException) when (requestContext.Claims is null && kept is { } still && still.Scopes == scopes && time.GetUtcNow() < still.Token.ExpiresOn)
        {
            // It is renewed long before it ends, so that a token server that is away for a while does not end a backup.
            return still.Token;
        }
    }

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        throw new NotSupportedException("ask asynchronously");

    async Task<AccessToken> Ask(TokenRequestContext requestContext, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            return await chain.GetTokenAsync(requestContext, either.Token);
        }
        catch (Exception late) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new AuthenticationFailedException($"no answer within {Patience.TotalSeconds:0} s", new TimeoutException(late.Message, late));
        }
    }

    sealed record Kept(string Scopes, AccessToken Token);
}
