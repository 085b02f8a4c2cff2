using BackupRunner.Schedule;

namespace BackupRunner.Policy.Reading;

/// <summary>The section <c>schedule</c>.</summary>
static class ScheduleReader
{
    public static SchedulePolicy Read(MappingReader section)
    {
        var schedule = new SchedulePolicy
        {
            Enabled = section.Flag("enabled", false),
            Cron = section.Parsed("cron", Cron) ?? new SchedulePolicy().Cron,
            TimeZone = section.Parsed("timeZone", Zone),
        };
        section.Finish();
        return schedule;
    }

    public static (CronSchedule? Schedule, string? Problem) Cron(string text) =>
        CronSchedule.TryParse(text, out var schedule, out var problem) ? (schedule, null) : (null, $"{Quoted.Of(text)} {problem}");

    static (TimeZoneInfo? Zone, string? Problem) Zone(string text) =>
        CronTimeZone.TryParse(text, out var zone, out var problem) ? (zone, null) : (null, $"{Quoted.Of(text)} {problem}");
}
