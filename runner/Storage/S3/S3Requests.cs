using Amazon.S3;

namespace BackupRunner.Storage.S3;

/// <summary>Asks the service, once, and tells a failure in our words.</summary>
sealed class S3Requests(IAmazonS3 client, S3Place place, Uri server, S3Credentials credentials, TimeProvider time)
{
    public S3Place Place => place;

    /// <param name="key">Of the object, or the prefix that is listed.</param>
    /// <exception cref="RunnerException">Exit 4: the service did not do it, and why.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/>.</exception>
    public async Task<T> Ask<T>(StoreOperation operation, string key, Func<IAmazonS3, Task<T>> request, CancellationToken cancel)
    {
        await credentials.Renew();
        try
        {
            return await request(client);
        }
        catch (Exception failure) when (failure is not RunnerException)
        {
            cancel.ThrowIfCancellationRequested();
            if (S3Errors.Of(failure, new S3Asked(place, server, operation, credentials.Source), time.GetUtcNow()) is { } told)
                throw told.Told(operation, place.AddressOf(key), failure);
            throw;
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
}
