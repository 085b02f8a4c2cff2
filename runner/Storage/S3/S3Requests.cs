using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;

namespace BackupRunner.Storage.S3;

/// <summary>Asks the service, once, and tells a failure in our words.</summary>
sealed class S3Requests(IAmazonS3 client, S3Place place, Uri server, S3Credentials credentials, TimeProvider time)
{
    volatile bool needsDigest;

    public S3Place Place => place;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Content-MD5 of what is written, once the service has said that it wants one: a bucket with Object Lock does. Others check the signed SHA-256.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "It guards against damage on the way, and is what the service checks.")]
    public string? Digest(ReadOnlySpan<byte> content) => needsDigest ? Convert.ToBase64String(MD5.HashData(content)) : null;

    /// <param name="key">Of the object, or the prefix that is listed.</param>
    /// <exception cref="RunnerException">Exit 4: the service did not do it, and why.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/>.</exception>
    public async Task<T> Ask<T>(StoreOperation operation, string key, Func<IAmazonS3, Task<T>> request, CancellationToken cancel)
    {
        var signer = await credentials.Renew(cancel);
        var digested = needsDigest;
        try
        {
            return await request(client);
        }
        catch (Exception failure) when (failure is not RunnerException)
        {
            cancel.ThrowIfCancellationRequested();
            if (S3Errors.Of(failure, new S3Asked(place, server, operation, credentials.Source), time.GetUtcNow()) is not { } told)
                throw;
            if (told.Retry is null && (WantsDigest(failure, digested) || IsOutdated(failure, signer)))
                told = told with { Retry = new RetryHint(null, Answered: true) };
            throw told.Told(operation, place.AddressOf(key), failure);
        }
    }

    /// <summary>As <see cref="Ask"/>, where a refusal for one of the reasons in <paramref name="codes"/> is an answer too.</summary>
    /// <returns>Null when it was refused for one of them.</returns>
    public async Task<T?> AskUnless<T>(StoreOperation operation, string key, Func<IAmazonS3, Task<T>> request, string[] codes, CancellationToken cancel)
        where T : class
    {
        try
        {
            return await Ask(operation, key, request, cancel);
        }
        catch (RunnerException told) when (told.InnerException is AmazonS3Exception refusal && codes.Contains(refusal.ErrorCode))
        {
            return null;
        }
    }

    /// <summary>Several parts may be refused at once: each of them that was sent without one is worth another try.</summary>
    bool WantsDigest(Exception failure, bool digested)
    {
        if (digested || failure is not AmazonS3Exception { ErrorCode: "InvalidRequest" or "MissingContentMD5" } || !failure.Message.Contains("MD5", StringComparison.Ordinal))
            return false;
        return needsDigest = true;
    }

    /// <summary>The Secret was exchanged while the request was on its way, and what it was signed with is revoked.</summary>
    bool IsOutdated(Exception failure, ImmutableCredentials signer) =>
        failure is AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } && credentials.OfFolder() is { } now && !now.Equals(signer);
}
