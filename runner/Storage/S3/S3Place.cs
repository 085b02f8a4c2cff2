using BackupRunner.Policy;

namespace BackupRunner.Storage.S3;

/// <summary>Where the objects are, as the policy says: what every request and every message needs.</summary>
/// <param name="Region">Signed for, and the address's where there is no endpoint.</param>
/// <param name="Endpoint">Null for Amazon's own.</param>
/// <param name="Prefix">Goes before every key; permissions need no more than what is below it.</param>
public sealed record S3Place(string Bucket, string Region, Uri? Endpoint, string Prefix)
{
    /// <summary>What servers that know no regions take for theirs.</summary>
    const string DefaultRegion = "us-east-1";

    /// <param name="storage">Complete: <c>s3</c> has a region, <c>minio</c> an endpoint.</param>
    public static S3Place Of(StoragePolicy storage) =>
        new(storage.Bucket!, storage.Region ?? DefaultRegion, storage.Endpoint, storage.Prefix);

    /// <summary><c>s3://bucket</c>, or with an endpoint the URL that requests go to: <c>https://host:9000/bucket</c>.</summary>
    public string Address => Endpoint is null ? $"s3://{Bucket}" : $"{Endpoint.AbsoluteUri.TrimEnd('/')}/{Bucket}";

    /// <param name="key">Of an object, or a prefix of keys; may be empty.</param>
    public string AddressOf(string key) => key.Length == 0 ? Address : $"{Address}/{key}";

    /// <summary>What the server takes of an upload's parts.</summary>
    public PartSizes PartSizes => Endpoint?.Host.EndsWith(".r2.cloudflarestorage.com", StringComparison.OrdinalIgnoreCase) == true ? PartSizes.R2 : PartSizes.S3;

    /// <summary>For policies of permissions; MinIO's and Ceph's are written with it too.</summary>
    public string BucketArn => $"arn:{Partition}:s3:::{Bucket}";

    public string ObjectsArn => Prefix.Length == 0 ? $"{BucketArn}/*" : $"{BucketArn}/{Prefix}/*";

    string Partition => Region switch
    {
        _ when Endpoint is not null => "aws",
        _ when Region.StartsWith("cn-", StringComparison.Ordinal) => "aws-cn",
        _ when Region.StartsWith("us-gov-", StringComparison.Ordinal) => "aws-us-gov",
        _ => "aws",
    };
}
