using System.Text.RegularExpressions;
using System.Xml;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using BackupRunner.Storage.Http;

namespace BackupRunner.Storage.S3;

/// <summary>What was asked when it failed.</summary>
/// <param name="Server">Scheme, host and port that were called.</param>
/// <param name="Credentials">Whose keys signed it: <c>the credentials in "/folder"</c>.</param>
sealed record S3Asked(S3Place Place, Uri Server, StoreOperation Operation, string Credentials);

/// <summary>What the library throws, as a sentence and a hint. Codes: "Error responses" of the S3 API reference, and what other servers answer in its style.</summary>
static partial class S3Errors
{
    // Damaged or cut short on its way, or two at once, or in a body whose status was 200 before it failed: the same request may succeed.
    static readonly HashSet<string> Passing =
    [
        "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch", "IncompleteBody", "RequestTimeout", "OperationAborted",
        "InternalError", "ServiceUnavailable", "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests", "KMS.ThrottlingException",
    ];

    /// <returns>Null when <paramref name="failure"/> is no failure of the service, nor of the way to it: a bug.</returns>
    public static StoreFailure? Of(Exception failure, S3Asked asked, DateTimeOffset now) => failure switch
    {
        AmazonServiceException { StatusCode: not 0 } answered => Answered(answered, asked, now),
        _ when HttpFailure.OfConnection(failure, asked.Server) is { } connection => connection,
        AmazonUnmarshallingException or XmlException => new StoreFailure(
            $"\"{asked.Server.Authority}\" answered what is not of the S3 protocol", "is the endpoint the address of an S3 service, and no proxy's or web console's",
            new RetryHint(null, Answered: true)),
        // The library follows redirects of Amazon only.
        ArgumentException when failure.Message.StartsWith("Invalid S3 URI", StringComparison.Ordinal) => Redirected(asked),
        AmazonServiceException or AmazonClientException => new StoreFailure(S3Text.OneLine(failure.Message), "see the page of the provider in the documentation"),
        _ => null,
    };

    static StoreFailure Answered(AmazonServiceException answered, S3Asked asked, DateTimeOffset now)
    {
        var (what, hint) = Told(answered, asked);
        var retry = Passing.Contains(answered.ErrorCode ?? "")
            ? new RetryHint(After(answered, now), Answered: true)
            : HttpFailure.Retry((int)answered.StatusCode, After(answered, now));
        return new StoreFailure($"{what} ({Identified(answered)})", hint, retry);
    }

    static (string What, string? Hint) Told(AmazonServiceException answered, S3Asked asked) => (answered.ErrorCode, (int)answered.StatusCode) switch
    {
        ("NoSuchBucket", _) => ($"there is no bucket \"{asked.Place.Bucket}\"", "create it, or correct storage.bucket; a bucket of another account or server is not seen here"),
        ("InvalidBucketName", _) => ($"\"{asked.Place.Bucket}\" is no name of a bucket", "correct storage.bucket"),
        ("InvalidAccessKeyId", _) => ("the access key id is not known to the service", $"are {asked.Credentials} of this service, and not deleted or disabled"),
        ("SignatureDoesNotMatch", _) => ("the secret access key does not belong to the access key id", $"correct {asked.Credentials}; some servers answer so for an access key id that they do not know"),
        ("ExpiredToken" or "TokenRefreshRequired", _) => ("the session token has expired", $"renew {asked.Credentials}; keys with a session token are temporary"),
        ("InvalidToken", _) => ("the session token is not valid", $"{asked.Credentials}: the session token belongs to one access key id, and permanent keys have none"),
        ("RequestTimeTooSkewed", _) => ("the clock of this machine differs too much from the service's", "set the clock of the node right (NTP); services allow 15 minutes"),
        ("PermanentRedirect" or "TemporaryRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException", _) or (_, 301 or 307 or 308) => Elsewhere(answered, asked),
        ("InvalidObjectState", _) => ("the object is in an archive storage class and cannot be read as it is", "restore it in the bucket first (aws s3api restore-object), then run again"),
        ("InvalidStorageClass", _) => ("the service does not have this storage class", "correct or remove storage.storageClass"),
        ({ } code, _) when code.StartsWith("KMS.", StringComparison.Ordinal) =>
            ($"the KMS key cannot be used: {S3Text.OneLine(answered.Message)}", "is storage.kmsKeyId right, enabled, and in the bucket's region; its policy must allow kms:GenerateDataKey and kms:Decrypt"),
        ("NotImplemented" or "MethodNotAllowed", _) or (_, 405 or 501) =>
            ($"the service does not have this part of the S3 protocol: {S3Text.OneLine(answered.Message)}", "see what does not work with S3-compatible servers in the documentation of the provider"),
        ("BadDigest" or "XAmzContentSHA256Mismatch" or "XAmzContentChecksumMismatch", _) => ("what arrived is not what was sent", "something between here and the service damages data"),
        ("AccessDenied" or "AllAccessDisabled" or "AccountProblem", _) or (_, 403) =>
            ($"access is denied: {S3Text.OneLine(answered.Message)}", $"grant {S3Permission.Of(asked.Operation, asked.Place)}"),
        ("NoSuchKey", _) when asked.Operation is StoreOperation.List or StoreOperation.ListUploads =>
            ("what should be the bucket's address is an object's", "the endpoint has scheme, host and port; the bucket stands in storage.bucket alone"),
        _ when answered.Message.StartsWith("Error making request with Error Code", StringComparison.Ordinal) =>
            ("the answer does not say why", "is the endpoint the address of an S3 service, and no proxy's, web console's or other service's"),
        _ => (S3Text.OneLine(answered.Message), null),
    };

    static (string What, string? Hint) Elsewhere(AmazonServiceException answered, S3Asked asked)
    {
        var told = Header(answered, "x-amz-bucket-region") ?? (Expected().Match(answered.Message) is { Success: true } expected ? expected.Groups[1].Value : null);
        // An answer without a body has no request id, and the library takes the name of its status for the code: that of 308 is S3's own of 301.
        var named = answered.ErrorCode is "PermanentRedirect" or "TemporaryRedirect" && !string.IsNullOrEmpty(answered.RequestId);
        if (asked.Place.Endpoint is not null && string.IsNullOrEmpty(told) && !named && (int)answered.StatusCode is 301 or 307 or 308)
            return (Redirected(asked).What, Redirected(asked).Hint);
        var used = $"the bucket \"{asked.Place.Bucket}\" is not in the region \"{asked.Place.Region}\"";
        return string.IsNullOrEmpty(told)
            ? ($"{used}: {S3Text.OneLine(answered.Message)}", "set storage.region to the bucket's region (aws s3api get-bucket-location)")
            : ($"{used} but in \"{S3Text.OneLine(told)}\"", $"set storage.region to \"{S3Text.OneLine(told)}\"");
    }

    static StoreFailure Redirected(S3Asked asked) =>
        new($"\"{asked.Server.Authority}\" sends on to another address", "name that address as storage.endpoint: https in place of http, as a rule");

    // "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'"
    [GeneratedRegex("expecting '([a-z0-9-]+)'")]
    private static partial Regex Expected();

    static string Identified(AmazonServiceException answered)
    {
        var code = string.IsNullOrEmpty(answered.ErrorCode) ? "" : $" {S3Text.OneLine(answered.ErrorCode)}";
        var request = string.IsNullOrEmpty(answered.RequestId) ? "" : $", request {S3Text.OneLine(answered.RequestId)}";
        return $"{(int)answered.StatusCode}{code}{request}";
    }

    static TimeSpan? After(AmazonServiceException answered, DateTimeOffset now) => HttpFailure.After(Header(answered, "Retry-After"), now);

    static string? Header(AmazonServiceException answered, string name) =>
        answered.InnerException is HttpErrorResponseException { Response: { } response } && response.IsHeaderPresent(name) ? response.GetHeaderValue(name) : null;
}
