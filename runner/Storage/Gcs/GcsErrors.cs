using System.Text.RegularExpressions;
using BackupRunner.Storage.Http;

namespace BackupRunner.Storage.Gcs;

/// <summary>An answer that is not what was asked for.</summary>
/// <param name="Reason">The first of the error's reasons, such as <c>rateLimitExceeded</c>; null when the body is no error of Cloud Storage.</param>
/// <param name="RequestId">The service's own name for the request, for Google's support.</param>
sealed record GcsRefusal(int Status, string? Reason, string? Message, string? RequestId, TimeSpan? RetryAfter)
{
    public bool NoSuchObject => Status == 404 && Reason == "notFound" && !NoSuchBucket;

    /// <summary>The message about an object names it, and so may hold any words.</summary>
    public bool NoSuchBucket => Status == 404 && Message?.StartsWith("No such object", StringComparison.OrdinalIgnoreCase) is not true
        && Message?.Contains("bucket", StringComparison.OrdinalIgnoreCase) is true;

    /// <summary>What came was not what the checksum is of.</summary>
    public bool Damaged => Status == 400 && (Says("crc32c") || Says("md5"));

    public bool Says(string words) => Message?.Contains(words, StringComparison.OrdinalIgnoreCase) is true;

    /// <summary><c>403 forbidden: what it said, request ABC</c></summary>
    public override string ToString() =>
        $"{Status}{(Reason is null ? "" : " " + Reason)}{(Message is null ? "" : ": " + Message.Trim().TrimEnd('.'))}{(RequestId is null ? "" : $", request {RequestId}")}";
}

/// <summary>A refusal on its way to the one who knows what was being done.</summary>
sealed class GcsRefusedException(GcsRefusal refusal) : Exception(refusal.ToString())
{
    public GcsRefusal Refusal { get; } = refusal;
}

/// <summary>What an answer of Cloud Storage means. Pure.</summary>
static partial class GcsErrors
{
    /// <summary>Reasons of a 403 that pass by themselves.</summary>
    static readonly HashSet<string> Limits = ["rateLimitExceeded", "userRateLimitExceeded"];

    /// <summary>Does <paramref name="work"/>; what fails in it is told as a failure of <paramref name="operation"/>.</summary>
    /// <param name="key">Of the object, or the prefix that is listed.</param>
    /// <exception cref="RunnerException">Exit 4.</exception>
    public static async Task<T> Tell<T>(Func<Task<T>> work, StoreOperation operation, string key, GcsPlace place, CancellationToken cancel)
    {
        try
        {
            return await work();
        }
        catch (Exception failure) when (failure is not RunnerException && Of(failure, operation, place) is not null)
        {
            cancel.ThrowIfCancellationRequested();
            throw Of(failure, operation, place)!.Told(operation, place.AddressOf(key), failure);
        }
    }

    /// <returns>Null when it is no failure of a request.</returns>
    public static StoreFailure? Of(Exception failure, StoreOperation operation, GcsPlace place) =>
        failure is GcsRefusedException refused ? Of(refused.Refusal, operation, place) : HttpFailure.OfConnection(failure, place.Endpoint);

    public static StoreFailure Of(GcsRefusal refusal, StoreOperation operation, GcsPlace place)
    {
        var bucket = place.Bucket;
        if (HttpFailure.Retry(refusal.Status, refusal.RetryAfter) is { } retry)
        {
            return refusal.Status == 429
                ? new StoreFailure($"there are too many requests ({refusal})", "is another program busy in this bucket", retry)
                : new StoreFailure($"the service cannot do it now ({refusal})", "is there a disturbance at Google Cloud", retry);
        }
        if (refusal.Damaged)
            return new StoreFailure($"it was damaged on the way ({refusal})", "does something between here and the service change what is sent", new RetryHint(null, Answered: true));
        return refusal.Status switch
        {
            401 => new StoreFailure($"the access token is not accepted, nor is a new one ({refusal})", "is the service account of the credentials enabled, and its key valid"),
            403 => Forbidden(refusal, operation, bucket),
            404 when refusal.NoSuchBucket => new StoreFailure($"there is no bucket \"{bucket}\" ({refusal})", "is its name spelled right; the runner does not make buckets"),
            404 when refusal.NoSuchObject && operation == StoreOperation.Read => new StoreFailure($"it has changed: it was deleted meanwhile ({refusal})", "does another program delete in this bucket"),
            404 or 405 or >= 300 and < 400 => new StoreFailure($"what answers at \"{place.Endpoint.Authority}\" is not Cloud Storage ({refusal})", "is the endpoint right; without one it is https://storage.googleapis.com"),
            412 when refusal.Reason == "orgPolicyConstraintFailed" => new StoreFailure($"a policy of the organization forbids it ({refusal})", "ask those who keep the organization's policies"),
            412 when operation == StoreOperation.Read => new StoreFailure($"it has changed: it was replaced meanwhile ({refusal})", "does another program write to this bucket"),
            400 when refusal.Reason == "userProjectMissing" => new StoreFailure($"in the bucket \"{bucket}\" the requester pays ({refusal})", "such buckets are not supported; turn requester pays off"),
            _ => new StoreFailure($"the service refused ({refusal})", "the request id helps Google's support to find out why"),
        };
    }

    static StoreFailure Forbidden(GcsRefusal refusal, StoreOperation operation, string bucket) => refusal.Reason switch
    {
        { } limit when Limits.Contains(limit) => new StoreFailure($"there are too many requests ({refusal})", "is another program busy in this project", new RetryHint(refusal.RetryAfter, Answered: true)),
        "quotaExceeded" or "dailyLimitExceeded" => new StoreFailure($"a quota of the project is used up ({refusal})", "raise the quota, or wait until it begins again"),
        "retentionPolicyNotMet" => new StoreFailure(
            $"the retention policy of the bucket \"{bucket}\" keeps it still ({refusal})", "let backups live longer than the bucket's retention policy demands; until it has passed nothing can delete or replace it"),
        "objectUnderActiveHold" => new StoreFailure($"a hold is on it ({refusal})", "only one who may release the hold can let it be deleted or replaced"),
        "accountDisabled" or "userProjectAccountProblem" => new StoreFailure($"the project of the bucket \"{bucket}\" has a problem with its account ({refusal})", "is billing on for the project"),
        "insufficientPermissions" => new StoreFailure($"the access token has too narrow a scope ({refusal})", "nodes need the scope devstorage.read_write, or cloud-platform; better is workload identity"),
        "accessNotConfigured" => new StoreFailure($"the Cloud Storage API is not enabled in the project of the credentials ({refusal})", "enable storage.googleapis.com in that project"),
        _ when refusal.Says("vpcServiceControls") || refusal.Says("organization's policy") => new StoreFailure(
            $"a service perimeter of the organization forbids it ({refusal})", "let the cluster's network and the service account into the perimeter (VPC Service Controls)"),
        _ => Denied(refusal, operation, bucket),
    };

    static StoreFailure Denied(GcsRefusal refusal, StoreOperation operation, string bucket)
    {
        var permission = Permission().Match(refusal.Message ?? "") is { Success: true } named ? named.Value : PermissionFor(operation);
        var also = permission == "storage.objects.delete" && operation == StoreOperation.Write ? ", which replacing takes," : "";
        return new StoreFailure(
            $"access is denied: \"{permission}\"{also} is missing ({refusal})",
            $"grant {permission} on the bucket \"{bucket}\" to the account of the credentials; the role roles/storage.objectUser has all that is needed");
    }

    static string PermissionFor(StoreOperation operation) => operation switch
    {
        StoreOperation.Read => "storage.objects.get",
        StoreOperation.List or StoreOperation.ListUploads => "storage.objects.list",
        StoreOperation.Delete => "storage.objects.delete",
        _ => "storage.objects.create",
    };

    [GeneratedRegex(@"\bstorage\.[a-zA-Z]+\.[a-zA-Z]+\b")]
    private static partial Regex Permission();
}
