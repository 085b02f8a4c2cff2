namespace BackupRunner.Tests.Support;

/// <summary>A clock that is off. Waiting goes by the real one.</summary>
public sealed class ShiftedClock(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
}
