using BackupRunner.Reports;

namespace BackupRunner.Storage;

/// <summary>What was being done: for messages, and for the name of the permission that it needs.</summary>
public enum StoreOperation
{
    Read,
    Write,
    List,
    Delete,
    ListUploads,
    AbortUpload,
}

/// <summary>Why a store did not do what it was asked.</summary>
/// <param name="What">Lower case, no full stop, with the service's own code and request id where it gave them.</param>
/// <param name="Hint">What to do about it.</param>
/// <param name="Retry">Set when the same request may succeed later.</param>
public sealed record StoreFailure(string What, string? Hint, RetryHint? Retry = null)
{
    /// <param name="address">Of the object, or of the prefix that was listed: <c>s3://bucket/key</c>.</param>
    public RunnerException Told(StoreOperation operation, string address, Exception? inner) =>
        new(ExitCode.Storage, $"cannot {Verb(operation)} \"{address}\": {What}", Hint, inner) { Retry = Retry };

    static string Verb(StoreOperation operation) => operation switch
    {
        StoreOperation.Read => "read",
        StoreOperation.Write => "write",
        StoreOperation.List => "list",
        StoreOperation.Delete => "delete",
        StoreOperation.ListUploads => "list the unfinished uploads of",
        StoreOperation.AbortUpload => "abort the upload of",
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };
}
