namespace BackupRunner.Storage.S3;

/// <summary>The permission that an operation needs, in the words of a bucket or IAM policy.</summary>
static class S3Permission
{
    public static string Of(StoreOperation operation, S3Place place) => operation switch
    {
        // Without the second, a missing object is answered as a forbidden one.
        StoreOperation.Read => $"s3:GetObject on {place.ObjectsArn} and s3:ListBucket on {place.BucketArn}",
        StoreOperation.Write => $"s3:PutObject on {place.ObjectsArn}",
        StoreOperation.List => $"s3:ListBucket on {place.BucketArn}",
        StoreOperation.Delete => $"s3:DeleteObject on {place.ObjectsArn}",
        StoreOperation.ListUploads => $"s3:ListBucketMultipartUploads on {place.BucketArn} and s3:ListMultipartUploadParts on {place.ObjectsArn}",
        StoreOperation.AbortUpload => $"s3:AbortMultipartUpload on {place.ObjectsArn}",
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };
}
