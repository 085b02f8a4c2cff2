using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using BackupRunner.Reports;

namespace BackupRunner.Storage.S3;

/// <summary>
/// The library's own search for credentials: variables of the environment, the web identity of a Kubernetes service account, a profile,
/// the identity of a pod or task, of a machine. What it finds it renews by itself. Bounded: where nothing is found, nothing may hang.
/// </summary>
sealed class S3CredentialChain(TimeProvider time)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    volatile bool found;

    /// <exception cref="RunnerException">Exit 4: it found none. Worth another try if it has found some before.</exception>
    public async Task<ImmutableCredentials> Resolve(CancellationToken cancel)
    {
        try
        {
            // On a thread of its own, because parts of the search block.
            var credentials = await Task.Run(Search, cancel).WaitAsync(Patience, time, cancel);
            found = true;
            return credentials;
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested && failure is AmazonClientException or AmazonServiceException or TimeoutException or HttpRequestException or IOException or OperationCanceledException or InvalidOperationException or UnauthorizedAccessException or TypeInitializationException)
        {
            throw new RunnerException(
                ExitCode.Storage, $"there are no credentials for S3: {Reason(failure)}",
                $"give --credentials a folder with \"{S3Credentials.AccessKeyId}\" and \"{S3Credentials.SecretAccessKey}\"; looked for: AWS_ACCESS_KEY_ID, " +
                "AWS_WEB_IDENTITY_TOKEN_FILE (a service account with a role), a profile (AWS_PROFILE), AWS_CONTAINER_CREDENTIALS_FULL_URI (pod identity), the machine's own role", failure)
            {
                Retry = found ? new RetryHint(null, Answered: true) : null,
            };
        }
    }

    static async Task<ImmutableCredentials> Search() => await (await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync()).GetCredentialsAsync();

    // That nothing was found is told by the hint, source by source; the library takes a paragraph for it.
    static string Reason(Exception failure) => failure switch
    {
        TimeoutException or OperationCanceledException => $"no source of them answered in {Patience.TotalSeconds:0} s",
        _ when failure.Message.StartsWith("Failed to resolve AWS credentials", StringComparison.Ordinal) => "no source of them has any",
        TypeInitializationException { InnerException: { } cause } => Reason(cause),
        _ => S3Text.OneLine(failure.Message),
    };
}
