namespace BackupRunner.Tests.Support;

/// <summary>A clock that says what it was set to. Waiting goes by the real one.</summary>
public sealed class SetClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
