namespace BackupRunner.Policy;

public enum StorageProvider
{
    S3,
    Gcs,
    Azure,
    Minio,
    File,
}

/// <summary>Where backups go. Which keys a provider needs is in <see cref="PolicyCompleteness"/>.</summary>
public sealed record StoragePolicy
{
    public StorageProvider? Provider { get; init; }

    public string? Bucket { get; init; }

    public string? Region { get; init; }

    /// <summary>Absolute, http or https, without user, query and fragment.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The Google Cloud project.</summary>
    public string? Project { get; init; }

    /// <summary>The Azure blob container.</summary>
    public string? Container { get; init; }

    /// <summary>The Azure storage account.</summary>
    public string? Account { get; init; }

    public SecretReference? SecretRef { get; init; }

    /// <summary>Goes before every object's name: empty, or segments joined by single slashes, without one at either end.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>How S3 encrypts what it keeps: <c>AES256</c>, <c>aws:kms</c>, <c>aws:kms:dsse</c>; null leaves it to the bucket.</summary>
    public string? Sse { get; init; }

    /// <summary>The key of <c>aws:kms</c>: an id, an alias or an ARN; null is the account's own.</summary>
    public string? KmsKeyId { get; init; }

    /// <summary>The S3 storage class of the archive; what lies beside it is small and read often, and has the bucket's own.</summary>
    public string? StorageClass { get; init; }

    /// <summary>The folder of provider <c>file</c>; a relative one is taken from the runner's working directory.</summary>
    public string? Path { get; init; }
}

/// <summary>A Secret; without a namespace it is the workload's own.</summary>
public sealed record SecretReference
{
    public string? Name { get; init; }

    public string? Namespace { get; init; }
}
