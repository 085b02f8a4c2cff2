using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Storage.Blobs;
using BackupRunner.Policy;
using BackupRunner.Reports;

namespace BackupRunner.Storage.AzureBlobs;

/// <summary>Where the policy's container is and how it is asked: every request reads the credentials anew, and every failure is told in our words.</summary>
public sealed class AzureConnection
{
    readonly string account;
    readonly CredentialsFolder? credentials;
    readonly TimeProvider time;
    readonly Uri container;
    readonly TokenCredential identity;
    readonly BlobClientOptions options;

    /// <param name="identity">Asked for tokens when the credentials have no key of ours.</param>
    /// <exception cref="RunnerException">Exit 2: the credentials are none, or contradict the policy.</exception>
    public AzureConnection(StoragePolicy storage, CredentialsFolder? credentials, TimeProvider time, HttpPipelineTransport transport, TokenCredential identity)
    {
        (account, this.credentials, this.time, this.identity) = (storage.Account!, credentials, time, identity);
        var secret = AzureSecret.Read(credentials, account);
        var service = storage.Endpoint ?? secret.Endpoint ?? new Uri($"https://{account}.blob.core.windows.net");
        container = new Uri($"{service.AbsoluteUri.TrimEnd('/')}/{Uri.EscapeDataString(storage.Container!)}");
        options = Options(transport);
        RefuseTokensInPlain(secret.Access);
    }

    public string Address => container.AbsoluteUri;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <param name="key">Of the object, or the prefix of a listing: for the message.</param>
    /// <exception cref="RunnerException">Exit 4: the service did not do it. Exit 2: the credentials are no longer any.</exception>
    public async Task<T> Ask<T>(StoreOperation operation, string key, Func<AzureClients, Task<T>> request, CancellationToken cancel)
    {
        var access = AzureSecret.Read(credentials, account).Access;
        RefuseTokensInPlain(access);
        try
        {
            return await request(new AzureClients(container, account, access, identity, options));
        }
        catch (Exception failure) when (failure is not RunnerException)
        {
            cancel.ThrowIfCancellationRequested();
            var asked = new AzureQuestion(operation, container, account, access, time.GetUtcNow());
            if (AzureErrors.Of(failure, asked) is not { } told)
                throw;
            if (told.Retry is null && (IsOutdated(failure, access) || (failure is CredentialUnavailableException && identity is AzureIdentity { HasGiven: true })))
                told = told with { Retry = new RetryHint(null, Answered: true) };
            throw told.Told(operation, $"{Address}/{key}", failure);
        }
    }

    /// <summary>The Secret was exchanged while the request was on its way, and what it was signed with is revoked.</summary>
    bool IsOutdated(Exception failure, AzureAccess access) =>
        failure is RequestFailedException { Status: 401 or 403 } && !AzureSecret.Read(credentials, account).Access.Equals(access);

    // The library refuses it too, with an exception that names neither the endpoint nor the Secret.
    void RefuseTokensInPlain(AzureAccess access)
    {
        if (access is AzureAccess.Identity && container.Scheme != Uri.UriSchemeHttps)
        {
            throw new RunnerException(
                ExitCode.Usage, $"there are no credentials for \"{Address}\", and a token may not be sent over http",
                $"give --credentials a folder with \"{AzureSecret.AccountKey}\", \"{AzureSecret.ConnectionString}\" or \"{AzureSecret.Sas}\", or use an https endpoint");
        }
    }

    static BlobClientOptions Options(HttpPipelineTransport transport)
    {
        var options = new BlobClientOptions { Transport = transport };
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = Timeout.InfiniteTimeSpan;
        options.Diagnostics.IsLoggingEnabled = false;
        options.Diagnostics.IsTelemetryEnabled = false;
        options.Diagnostics.IsDistributedTracingEnabled = false;
        options.AddPolicy(new CutBodyPolicy(), HttpPipelinePosition.BeforeTransport);
        return options;
    }
}
