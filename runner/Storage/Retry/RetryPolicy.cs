using System.Security.Cryptography;

namespace BackupRunner.Storage.Retry;

/// <summary>When a request is tried again, and for how long. Pure: the waiting is <see cref="RetryingStore"/>'s.</summary>
public sealed record RetryPolicy
{
    /// <summary>Before the second attempt; doubles with each further one.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A store that has never answered is given up after so long: its address is more likely wrong than it is down.</summary>
    public TimeSpan FirstContact { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A store that answers, or has answered before, is given up when a request has failed for so long.</summary>
    public TimeSpan Total { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>One attempt of one request may take so long, however steadily its bytes move.</summary>
    public TimeSpan Attempt { get; init; } = TimeSpan.FromHours(1);

    /// <summary>From 0 to 1: runs that failed together must not come back together.</summary>
    public Func<double> Jitter { get; init; } = () => RandomNumberGenerator.GetInt32(1 << 20) / (double)(1 << 20);

    /// <param name="attempts">How many have failed, from 1.</param>
    /// <param name="failing">Since the first of them failed.</param>
    /// <param name="known">Whether the store has answered this run before.</param>
    /// <returns>How long to wait before the next attempt; null to give up.</returns>
    public TimeSpan? Delay(int attempts, TimeSpan failing, bool known, RetryHint hint)
    {
        if (hint.OnceKnown && !known)
            return null;
        var most = Math.Min(LongestDelay.TotalSeconds, FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(attempts - 1, 30)));
        var delay = TimeSpan.FromSeconds(most * (1 + Jitter()) / 2);
        if (hint.After > delay)
            delay = hint.After.Value;
        return failing + delay <= (known || hint.Answered ? Total : FirstContact) ? delay : null;
    }
}
