using BackupRunner.Kube;

namespace BackupRunner.Webhook.Recovery;

/// <summary>What is remembered of a Lease that asks for something, by our own steady clock.</summary>
sealed class TendedLease(string uid, TimeProvider time)
{
    /// <summary>Between two looks at a Lease whose holder may live.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A holder renews every 15 s: looks that are further apart than this may have missed it, or the API server was away, and its time begins anew.
    /// </summary>
    static readonly TimeSpan Gap = TimeSpan.FromSeconds(30);

    static readonly BackOff TryAgain = new(TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(10));

    /// <summary>The same words are recorded again after so long.</summary>
    static readonly TimeSpan TellAgain = TimeSpan.FromHours(1);

    long? activeSince;
    int failures;
    long notBeforeFrom;
    TimeSpan notBefore;
    long toldAt;

    public string Uid => uid;

    public HolderWatch Watch { get; } = new(LeaseTiming.Default with { Renew = Gap, Poll = Look }, time);

    /// <summary>What was last told of it; null: nothing.</summary>
    public string? Problem { get; private set; }

    /// <summary>By what policy the last thaw was tried: another is tried at once.</summary>
    public string? Policy { get; set; }

    /// <summary>A restore Job was at work when it was last looked at.</summary>
    public bool SawActive { get; set; }

    /// <returns>How long a restore Job has been at work without a Lease, as far as was seen.</returns>
    public TimeSpan Active(bool isActive)
    {
        activeSince = isActive ? activeSince ?? time.GetTimestamp() : null;
        return activeSince is { } since ? time.GetElapsedTime(since) : TimeSpan.Zero;
    }

    /// <summary>How long nothing is to be tried; null: now.</summary>
    public TimeSpan? Rest => notBefore - time.GetElapsedTime(notBeforeFrom) is { Ticks: > 0 } left ? left : null;

    /// <summary>Nothing is tried for a while, which grows.</summary>
    public void Failed() => (notBeforeFrom, notBefore) = (time.GetTimestamp(), TryAgain.After(++failures));

    public void Succeeded() => (failures, Problem, notBefore) = (0, null, TimeSpan.Zero);

    /// <summary>Keeps the words as <see cref="Problem"/>. True: they are new, or old enough to be recorded again.</summary>
    public bool Tells(string words)
    {
        var isOld = Problem == words && time.GetElapsedTime(toldAt) < TellAgain;
        Problem = words;
        if (!isOld)
            toldAt = time.GetTimestamp();
        return !isOld;
    }
}
