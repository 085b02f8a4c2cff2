using System.Globalization;
using BackupRunner.Schedule;

namespace BackupRunner.Tests.Schedule;

/// <summary>The times are those that SpecSchedule.Next of robfig/cron v3 gives, which the CronJob controller goes by.</summary>
public sealed class CronNextTests
{
    [Theory]
    [InlineData("2012-07-09T14:45:00Z", "0/15 * * * *", "2012-07-09T15:00:00Z")]
    [InlineData("2012-07-09T14:59:59.9Z", "0/15 * * * *", "2012-07-09T15:00:00Z")]
    [InlineData("2012-07-09T15:00:00Z", "0/15 * * * *", "2012-07-09T15:15:00Z")]
    [InlineData("2012-07-09T15:00:00.5Z", "0 15 * * *", "2012-07-10T15:00:00Z")]
    [InlineData("2012-07-09T14:59:59Z", "0 15 * * *", "2012-07-09T15:00:00Z")]
    [InlineData("2012-07-09T23:35:51Z", "20-35/15 * * * *", "2012-07-10T00:20:00Z")]
    [InlineData("2012-07-09T23:35:51Z", "20-35/15 1/2 */2 * *", "2012-07-11T01:20:00Z")]
    [InlineData("2012-07-09T23:35:00Z", "0 0 9 Apr-Oct ?", "2012-08-09T00:00:00Z")]
    [InlineData("2012-07-09T23:35:00Z", "0 0 * Feb Mon", "2013-02-04T00:00:00Z")]
    [InlineData("2012-07-09T23:35:00Z", "0 0 * Feb Mon/2", "2013-02-01T00:00:00Z")]
    [InlineData("2012-12-31T23:59:45Z", "* * * * *", "2013-01-01T00:00:00Z")]
    [InlineData("2012-07-09T23:35:00Z", "0 0 29 Feb ?", "2016-02-29T00:00:00Z")]
    [InlineData("2012-07-09T23:35:00Z", "@weekly", "2012-07-15T00:00:00Z")]
    [InlineData("2012-07-09T23:35:00Z", "@monthly", "2012-08-01T00:00:00Z")]
    [InlineData("2012-07-09T23:35:00Z", "@annually", "2013-01-01T00:00:00Z")]
    // Both days restricted: either is enough.
    [InlineData("2012-07-10T00:00:00Z", "0 0 1,15 * Sun", "2012-07-15T00:00:00Z")]
    [InlineData("2012-07-15T00:00:00Z", "0 0 1,16 * Sun", "2012-07-16T00:00:00Z")]
    // One a star: the other decides.
    [InlineData("2012-07-01T00:00:00Z", "0 0 * * Mon", "2012-07-02T00:00:00Z")]
    [InlineData("2012-07-02T00:00:00Z", "0 0 15 * ?", "2012-07-15T00:00:00Z")]
    [InlineData("2012-07-02T00:00:00Z", "0 0 */1 * Sun", "2012-07-08T00:00:00Z")]
    // A star with a step is none: either is enough.
    [InlineData("2012-07-02T00:00:00Z", "0 0 */10 * Sun", "2012-07-08T00:00:00Z")]
    [InlineData("2012-07-08T00:00:00Z", "0 0 */10 * Sun", "2012-07-11T00:00:00Z")]
    [InlineData("2012-07-08T00:00:00Z", "0 0 1,15 * */3", "2012-07-11T00:00:00Z")]
    // A step larger than the range leaves its first value.
    [InlineData("2012-07-08T00:00:00Z", "*/61 * * * *", "2012-07-08T01:00:00Z")]
    public void Finds_the_next_time(string after, string schedule, string expected) =>
        Assert.Equal(At(expected), CronSchedule.Parse(schedule).Next(At(after), TimeZoneInfo.Utc));

    [Theory]
    [InlineData("0 0 30 2 *")]
    [InlineData("0 0 31 4,6,9,11 *")]
    [InlineData(", * * * *")]
    [InlineData("* , * * *")]
    [InlineData("* * * , *")]
    [InlineData("* * , * ,")]
    public void Nothing_within_five_years_is_null(string schedule) =>
        Assert.Null(CronSchedule.Parse(schedule).Next(At("2012-07-09T00:00:00Z"), TimeZoneInfo.Utc));

    [Fact]
    public void Looks_to_the_end_of_the_fifth_year()
    {
        var leapDay = CronSchedule.Parse("0 0 29 2 *");
        // 2100 is no leap year: from 2096 to 2104 are eight years.
        Assert.Null(leapDay.Next(At("2096-03-01T00:00:00Z"), TimeZoneInfo.Utc));
        Assert.Equal(At("2104-02-29T00:00:00Z"), leapDay.Next(At("2099-01-01T00:00:00Z"), TimeZoneInfo.Utc));
    }

    [Theory]
    // The clock skips 02:30 in New York on 11 March 2012: that day has none.
    [InlineData("America/New_York", "2012-03-11T00:00:00-05:00", "30 2 11 Mar ?", "2013-03-11T02:30:00-04:00")]
    [InlineData("America/New_York", "2012-03-11T00:00:00-05:00", "30 2 * * *", "2012-03-12T02:30:00-04:00")]
    [InlineData("America/New_York", "2012-03-11T00:00:00-05:00", "0 * * * *", "2012-03-11T01:00:00-05:00")]
    [InlineData("America/New_York", "2012-03-11T01:00:00-05:00", "0 * * * *", "2012-03-11T03:00:00-04:00")]
    [InlineData("America/New_York", "2012-03-11T00:00:00-05:00", "0 3 * * *", "2012-03-11T03:00:00-04:00")]
    // It shows 01:30 twice on 4 November 2012: there are two.
    [InlineData("America/New_York", "2012-11-04T00:00:00-04:00", "30 1 * * *", "2012-11-04T01:30:00-04:00")]
    [InlineData("America/New_York", "2012-11-04T01:30:00-04:00", "30 1 * * *", "2012-11-04T01:30:00-05:00")]
    [InlineData("America/New_York", "2012-11-04T01:45:00-04:00", "30 1 04 Nov ?", "2012-11-04T01:30:00-05:00")]
    [InlineData("America/New_York", "2012-11-04T01:30:00-05:00", "30 1 * * *", "2012-11-05T01:30:00-05:00")]
    [InlineData("America/New_York", "2012-11-04T00:00:00-04:00", "30 2 04 Nov ?", "2012-11-04T02:30:00-05:00")]
    [InlineData("America/New_York", "2012-11-04T01:00:00-04:00", "0 * * * *", "2012-11-04T01:00:00-05:00")]
    [InlineData("Europe/Berlin", "2026-03-29T01:59:00+01:00", "30 2 * * *", "2026-03-30T02:30:00+02:00")]
    [InlineData("Europe/Berlin", "2026-10-25T02:30:00+02:00", "30 2 * * *", "2026-10-25T02:30:00+01:00")]
    // Midnight itself is skipped in Sao Paulo on 4 November 2018.
    [InlineData("America/Sao_Paulo", "2018-11-03T12:00:00-03:00", "0 0 * * *", "2018-11-05T00:00:00-02:00")]
    [InlineData("America/Sao_Paulo", "2018-11-03T12:00:00-03:00", "0 9 4 11 *", "2018-11-04T09:00:00-02:00")]
    [InlineData("America/Sao_Paulo", "2018-11-01T12:00:00-03:00", "0 1 4 11 *", "2018-11-04T01:00:00-02:00")]
    // Half an hour, in Lord Howe.
    [InlineData("Australia/Lord_Howe", "2026-10-04T00:00:00+10:30", "15 2 * * *", "2026-10-05T02:15:00+11:00")]
    [InlineData("Asia/Kathmandu", "2026-01-01T00:00:00Z", "0 6 * * *", "2026-01-01T06:00:00+05:45")]
    // A whole day is skipped in Apia: 30 December 2011.
    [InlineData("Pacific/Apia", "2011-12-29T12:00:00-10:00", "0 6 * * *", "2011-12-31T06:00:00+14:00")]
    public void Goes_by_the_local_clock(string zone, string after, string schedule, string expected)
    {
        var next = CronSchedule.Parse(schedule).Next(At(after), TimeZoneInfo.FindSystemTimeZoneById(zone));
        Assert.Equal(At(expected).ToString("o"), next?.ToString("o"));
    }

    [Fact]
    public void Every_time_is_later_matches_and_skips_none()
    {
        var random = new Random(2);
        TimeZoneInfo[] zones = [.. ((string[])["UTC", "America/New_York", "Europe/Dublin", "Asia/Kolkata", "Africa/Casablanca", "Pacific/Chatham"]).Select(TimeZoneInfo.FindSystemTimeZoneById)];
        for (var i = 0; i < 2_000; i++)
        {
            var (minute, hour) = (random.Next(60), random.Next(24));
            var zone = zones[random.Next(zones.Length)];
            var after = At("2020-01-01T00:00:00Z").AddMinutes(random.Next(5_000_000));
            var next = CronSchedule.Parse($"{minute} {hour} * * *").Next(after, zone)!.Value;
            Assert.True(next > after);
            Assert.Equal((minute, hour, 0), (next.Minute, next.Hour, next.Second));
            Assert.Equal(zone.GetUtcOffset(next.UtcDateTime), next.Offset);
            // By hand: no minute between is one, unless the clock skipped it.
            for (var at = after.AddMinutes(1); at < next; at = at.AddMinutes(1))
            {
                var local = TimeZoneInfo.ConvertTime(at, zone);
                Assert.False((local.Minute, local.Hour) == (minute, hour), $"{zone.Id} {minute} {hour}: {local:o} comes before {next:o}");
            }
        }
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("9997-01-01T00:00:00Z")]
    public void The_ends_of_the_calendar_have_no_next_time_or_one(string after)
    {
        foreach (var zone in ((string[])["Pacific/Kiritimati", "America/Los_Angeles"]).Select(TimeZoneInfo.FindSystemTimeZoneById))
            Assert.True(CronSchedule.Parse("0 0 29 2 *").Next(At(after), zone) is not { } next || next > At(after));
    }

    [Fact]
    public void A_hundred_thousand_texts_give_a_schedule_or_a_reason()
    {
        var random = new Random(3);
        string[] parts = ["*", "?", "/", "-", ",", " ", " ", "0", "1", "2", "5", "9", "31", "59", "7", "mon", "JAN", "L", "W", "#", "@", "@daily", "TZ=", "+", "\t", "\u00a0", "é", "\0"];
        TimeZoneInfo[] zones = [.. ((string[])["UTC", "Europe/Berlin", "Australia/Lord_Howe"]).Select(TimeZoneInfo.FindSystemTimeZoneById)];
        var taken = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var text = i % 2 == 0
                ? string.Concat(Enumerable.Range(0, random.Next(14)).Select(_ => parts[random.Next(parts.Length)]))
                : string.Join(' ', Enumerable.Range(0, 5).Select(_ => Field(random)));
            var reads = CronSchedule.TryParse(text, out var schedule, out var problem);
            Assert.Equal(reads, problem is null);
            if (!reads || i % 10 > 1)
                continue;
            taken++;
            var after = At("2026-01-01T00:00:00Z").AddSeconds(random.Next(100_000_000));
            Assert.True(schedule!.Next(after, zones[i % 3]) is not { } next || (next > after && next.Second == 0 && next < after.AddYears(6)));
        }
        Assert.True(taken > 1_000);
    }

    static string Field(Random random) => random.Next(5) switch
    {
        0 => "*",
        1 => $"*/{random.Next(1, 40)}",
        2 => $"{random.Next(8)}-{random.Next(14)}",
        3 => $"{random.Next(32)},{random.Next(13)}",
        _ => $"{random.Next(7)}",
    };

    static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
