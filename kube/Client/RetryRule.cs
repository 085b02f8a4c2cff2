using System.Net;

namespace BackupRunner.Kube;

/// <summary>Whether a failed call may be made again, and when.</summary>
static class RetryRule
{
    public const int MostTries = 5;

    static readonly BackOff Pause = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(10));
    static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(30);

    /// <summary>Null: it stays failed.</summary>
    /// <param name="tries">How often it was made.</param>
    /// <param name="retryAfter">What the server asked for.</param>
    public static TimeSpan? WaitAfterAnswer(HttpMethod method, HttpStatusCode status, TimeSpan? retryAfter, int tries)
    {
        if (tries >= MostTries || (status != HttpStatusCode.TooManyRequests && (int)status < 500))
            return null;
        // A POST that failed half way may have made its object: only a server that asks for it gets another.
        if (method == HttpMethod.Post && status != HttpStatusCode.TooManyRequests && retryAfter is null)
            return null;
        return retryAfter is { } asked ? (asked < LongestRetryAfter ? asked : LongestRetryAfter) : Pause.After(tries);
    }

    /// <param name="sent">The request may have reached the server.</param>
    public static TimeSpan? WaitAfterOutage(HttpMethod method, bool sent, int tries) =>
        tries < MostTries && (!sent || method == HttpMethod.Get) ? Pause.After(tries) : null;
}
