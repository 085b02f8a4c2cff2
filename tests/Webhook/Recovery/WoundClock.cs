namespace BackupRunner.Tests.Webhook;

/// <summary>The real clock, wound forward by hand. Waiting goes by the real one.</summary>
sealed class WoundClock : TimeProvider
{
    long wound;

    public void Advance(TimeSpan by) => Interlocked.Add(ref wound, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref wound));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => GetUtcNow().UtcTicks;
}
