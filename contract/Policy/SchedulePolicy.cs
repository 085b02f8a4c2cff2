using BackupRunner.Schedule;

namespace BackupRunner.Policy;

public sealed record SchedulePolicy
{
    static readonly CronSchedule TwoAtNight = CronSchedule.Parse("0 2 * * *");

    public bool Enabled { get; init; }

    public CronSchedule Cron { get; init; } = TwoAtNight;

    /// <summary>Its <see cref="TimeZoneInfo.Id"/> is the IANA name; null is the cluster's own, as a rule UTC.</summary>
    public TimeZoneInfo? TimeZone { get; init; }
}
