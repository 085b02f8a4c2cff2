namespace BackupRunner.Schedule;

/// <summary>
/// Finds the next time of a schedule the way the CronJob controller does (SpecSchedule.Next of robfig/cron v3), which decides what happens
/// around a change of the clock: from the wanted day's midnight it goes on in steps of real hours and minutes and looks at the
/// local clock. A time that the clock skips does not occur that day; a time that it shows twice occurs twice.
/// </summary>
sealed class CronWalk(TimeZoneInfo zone, CronField months, CronField minutes, CronField hours, Func<DateTime, bool> isDay)
{
    const int Years = 5;

    public DateTimeOffset? Next(DateTimeOffset after)
    {
        // A field of commas only is valid and names nothing; looking for it would take five years of minutes.
        if (minutes.Bits == 0 || hours.Bits == 0 || months.Bits == 0)
            return null;
        var start = after.UtcDateTime;
        // Between the first and the last years of the calendar there is room for every step and every offset.
        if (start.Year < 2 || start.Year > DateTime.MaxValue.Year - Years - 2)
            return null;
        var at = start.AddTicks(TimeSpan.TicksPerSecond - (start.Ticks % TimeSpan.TicksPerSecond));
        return Walk(at) is { } found ? TimeZoneInfo.ConvertTime(new DateTimeOffset(found), zone) : null;
    }

    DateTime? Walk(DateTime at)
    {
        var lastYear = Local(at).Year + Years;
        var moved = false;
        while (Local(at).Year <= lastYear)
        {
            if (Month(ref at, ref moved) && Day(ref at, ref moved) && Hour(ref at, ref moved) && Minute(ref at, ref moved))
                return at;
        }
        return null;
    }

    // Each of these moves to the first match of its part; false when that wrapped into the next larger part, which must be looked at again.
    bool Month(ref DateTime at, ref bool moved)
    {
        while (!months.Allows(Local(at).Month))
        {
            var local = Local(at);
            var from = moved ? local : new DateTime(local.Year, local.Month, 1);
            moved = true;
            at = Utc(from.AddMonths(1));
            if (Local(at).Month == 1)
                return false;
        }
        return true;
    }

    bool Day(ref DateTime at, ref bool moved)
    {
        while (!isDay(Local(at)))
        {
            var local = Local(at);
            at = Utc((moved ? local : local.Date).AddDays(1));
            moved = true;
            // Where the clock skips midnight, the day's first hour is 1, or it is still 23 of the day before.
            var hour = Local(at).Hour;
            if (hour != 0)
                at = at.AddHours(hour > 12 ? 24 - hour : -hour);
            if (Local(at).Day == 1)
                return false;
        }
        return true;
    }

    bool Hour(ref DateTime at, ref bool moved)
    {
        while (!hours.Allows(Local(at).Hour))
        {
            if (!moved)
            {
                var local = Local(at);
                at = Utc(local.Date.AddHours(local.Hour));
            }
            moved = true;
            at = at.AddHours(1);
            if (Local(at).Hour == 0)
                return false;
        }
        return true;
    }

    bool Minute(ref DateTime at, ref bool moved)
    {
        while (!minutes.Allows(Local(at).Minute) || Local(at).Second != 0)
        {
            moved = true;
            at = at.AddTicks(TimeSpan.TicksPerMinute - (at.Ticks % TimeSpan.TicksPerMinute));
            if (Local(at).Minute == 0)
                return false;
        }
        return true;
    }

    DateTime Local(DateTime utc) => DateTime.SpecifyKind(utc + zone.GetUtcOffset(utc), DateTimeKind.Unspecified);

    // Go's time.Date: in a gap or a fold, the offset that holds just before the change when that gives a time there, else the one after.
    DateTime Utc(DateTime local)
    {
        var guess = DateTime.SpecifyKind(local, DateTimeKind.Utc);
        var utc = guess - zone.GetUtcOffset(guess);
        return guess - zone.GetUtcOffset(utc);
    }
}
