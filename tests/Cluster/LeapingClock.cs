namespace BackupRunner.Tests.Cluster;

/// <summary>The real clock, on which waits of exactly one length are over at once, and have taken that long.</summary>
sealed class LeapingClock(TimeSpan wait) : TimeProvider
{
    long leapt;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref leapt));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != wait)
            return base.CreateTimer(callback, state, dueTime, period);
        Interlocked.Add(ref leapt, wait.Ticks);
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
