using System.Net;

namespace BackupRunner.Kube;

/// <summary>
/// A call that failed, in the server's words: <c>get leases.coordination.k8s.io "x" in namespace "y": ...</c>.
/// </summary>
public sealed class KubeException(string call, KubeStatus status, HttpStatusCode? httpStatus, Exception? inner)
    : Exception($"{call}: {status.Message ?? status.Reason ?? httpStatus?.ToString() ?? "no answer"}", inner)
{
    public KubeStatus Status => status;

    /// <summary>Null: the server was not reached, or did not answer to the end.</summary>
    public HttpStatusCode? HttpStatus => httpStatus;

    public bool IsNotFound => httpStatus == HttpStatusCode.NotFound;

    public bool IsAlreadyExists => httpStatus == HttpStatusCode.Conflict && status.Reason == "AlreadyExists";

    /// <summary>Somebody else changed the object in between, or (apply) owns a field of it.</summary>
    public bool IsConflict => httpStatus == HttpStatusCode.Conflict && status.Reason != "AlreadyExists";

    public bool IsForbidden => httpStatus == HttpStatusCode.Forbidden;

    /// <summary>The resourceVersion or the continue token is too old.</summary>
    public bool IsGone => httpStatus == HttpStatusCode.Gone;

    public bool IsUnreachable => httpStatus is null;

    /// <summary>What the server asked for.</summary>
    public TimeSpan? RetryAfter => status.Details?.RetryAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>The same call may well succeed later.</summary>
    public bool IsTransient => httpStatus is null or HttpStatusCode.TooManyRequests || (int)httpStatus >= 500;
}
