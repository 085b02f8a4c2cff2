using BackupRunner.Schedule;

namespace BackupRunner.Policy;

public enum VerificationMode
{
    /// <summary>All that is stored is read, and compared with its manifest.</summary>
    Checksum,

    /// <summary>Also extracted into a scratch folder, where <see cref="VerificationPolicy.Command"/> looks at it.</summary>
    Full,
}

/// <summary>The newest backup is read back now and then.</summary>
public sealed record VerificationPolicy
{
    /// <summary>In the time zone of <see cref="SchedulePolicy.TimeZone"/>. Null when the document does not say.</summary>
    public CronSchedule? Schedule { get; init; }

    public VerificationMode Mode { get; init; }

    /// <summary>A script, as a template; only with <see cref="VerificationMode.Full"/>.</summary>
    public string? Command { get; init; }
}
