using System.Diagnostics.CodeAnalysis;

namespace BackupRunner.Schedule;

/// <summary>
/// A cron expression as the Kubernetes API server accepts it for a CronJob: five fields, or <c>@hourly</c> to <c>@yearly</c>. Source:
/// ParseStandard of robfig/cron v3 and validateScheduleFormat of Kubernetes' batch validation. <c>@every</c> is refused: its times
/// depend on when the controller last started.
/// </summary>
public sealed record CronSchedule
{
    static readonly CronFieldKind[] Kinds =
        [CronFieldKind.Minute, CronFieldKind.Hour, CronFieldKind.Day, CronFieldKind.Month, CronFieldKind.Weekday];

    readonly CronField minute;
    readonly CronField hour;
    readonly CronField day;
    readonly CronField month;
    readonly CronField weekday;

    CronSchedule(string text, CronField[] fields)
    {
        Text = text;
        (minute, hour, day, month, weekday) = (fields[0], fields[1], fields[2], fields[3], fields[4]);
    }

    /// <summary>As given.</summary>
    public string Text { get; }

    /// <param name="problem">Goes after the quoted text: <c>"0 2 * * 7" has a day of week ...</c></param>
    public static bool TryParse(string text, [NotNullWhen(true)] out CronSchedule? schedule, [NotNullWhen(false)] out string? problem)
    {
        schedule = null;
        if (text.Contains("TZ", StringComparison.Ordinal))
        {
            problem = "holds a time zone; set \"timeZone\" instead";
            return false;
        }
        var expression = Descriptor(text);
        if (expression is null)
        {
            problem = text.StartsWith("@every ", StringComparison.Ordinal)
                ? "counts from when the controller started, so it names no times; write five fields"
                : "is not one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually";
            return false;
        }
        // White space as Go's strings.Fields has it: Unicode's White_Space, as char.IsWhiteSpace.
        var words = expression.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != Kinds.Length)
        {
            problem = $"has {words.Length} fields instead of 5: minute, hour, day of month, month, day of week";
            return false;
        }
        var fields = new CronField[Kinds.Length];
        for (var i = 0; i < Kinds.Length; i++)
        {
            if (!CronField.TryParse(words[i], Kinds[i], out fields[i], out problem))
                return false;
        }
        problem = null;
        schedule = new CronSchedule(text, fields);
        return true;
    }

    /// <exception cref="FormatException">The text is no schedule.</exception>
    public static CronSchedule Parse(string text) =>
        TryParse(text, out var schedule, out var problem) ? schedule : throw new FormatException($"\"{text}\" {problem}");

    /// <summary>The first time after <paramref name="after"/> that the schedule names in <paramref name="zone"/>.</summary>
    /// <returns>In the zone's offset, on a full minute; null when nothing comes within five years, and in the first and the last years of the calendar.</returns>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone) =>
        new CronWalk(zone, month, minute, hour, Matches).Next(after);

    public bool Equals(CronSchedule? other) => other is not null && other.Text == Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    // Either day is enough when both are restricted; a star restricts nothing.
    bool Matches(DateTime date)
    {
        var byDay = day.Allows(date.Day);
        var byWeekday = weekday.Allows((int)date.DayOfWeek);
        return day.Star || weekday.Star ? byDay && byWeekday : byDay || byWeekday;
    }

    // Null: a descriptor that is not known.
    static string? Descriptor(string text) => text switch
    {
        "@yearly" or "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" or "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => text.StartsWith('@') ? null : text,
    };
}
