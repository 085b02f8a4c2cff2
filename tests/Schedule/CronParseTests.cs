using BackupRunner.Schedule;

namespace BackupRunner.Tests.Schedule;

public sealed class CronParseTests
{
    [Theory]
    [InlineData("0 2 * * *")]
    [InlineData("  0\t2  * * *  ")]
    [InlineData("*/15 0-6,22-23 1,15 * ?")]
    [InlineData("0 0 ? JAN-dec Sun")]
    [InlineData("0 0 * * mon-fri/2")]
    [InlineData("5/10 * * * *")]
    [InlineData("*/61 * * * *")]
    [InlineData("0 0 31 2 *")]
    [InlineData("+5 00 * * 06")]
    [InlineData("*-3 * * * *")]
    [InlineData(", * * * *")]
    [InlineData(",,5,, * * * *")]
    [InlineData("@hourly")]
    [InlineData("@daily")]
    [InlineData("@midnight")]
    [InlineData("@weekly")]
    [InlineData("@monthly")]
    [InlineData("@yearly")]
    [InlineData("@annually")]
    public void Takes_what_the_API_server_takes(string text)
    {
        Assert.True(CronSchedule.TryParse(text, out var schedule, out var problem), problem);
        Assert.Equal(text, schedule.Text);
    }

    [Theory]
    [InlineData("", "0 fields")]
    [InlineData("   ", "0 fields")]
    [InlineData("0 2 * *", "4 fields")]
    [InlineData("0 0 2 * * *", "6 fields")]
    [InlineData("0 2 * * 7", "day of week \"7\" outside 0 to 6")]
    [InlineData("0 2 * * 1-7", "day of week \"1-7\" outside")]
    [InlineData("0 2 L * *", "day of month \"L\" that is not a number")]
    [InlineData("0 2 * * 5L", "day of week \"5L\"")]
    [InlineData("0 2 15W * *", "day of month \"15W\"")]
    [InlineData("0 2 * * 1#2", "day of week \"1#2\"")]
    [InlineData("0 22-2 * * *", "hour \"22-2\" whose start is after its end")]
    [InlineData("60 * * * *", "minute \"60\" outside 0 to 59")]
    [InlineData("* 24 * * *", "hour \"24\"")]
    [InlineData("* * 0 * *", "day of month \"0\"")]
    [InlineData("* * 32 * *", "day of month \"32\"")]
    [InlineData("* * * 0 *", "month \"0\"")]
    [InlineData("* * * 13 *", "month \"13\"")]
    [InlineData("* * * january *", "month \"january\"")]
    [InlineData("mon * * * *", "minute \"mon\"")]
    [InlineData("*/0 * * * *", "step")]
    [InlineData("*/-1 * * * *", "step")]
    [InlineData("*/mon * * * *", "step")]
    [InlineData("1/2/3 * * * *", "slashes")]
    [InlineData("1-2-3 * * * *", "hyphens")]
    [InlineData("1- * * * *", "not a number")]
    [InlineData("-1 * * * *", "not a number")]
    [InlineData("1.5 * * * *", "not a number")]
    [InlineData("٣ * * * *", "not a number")]
    [InlineData("99999999999999999999 * * * *", "not a number")]
    [InlineData("TZ=UTC 0 2 * * *", "time zone")]
    [InlineData("CRON_TZ=Asia/Tokyo 0 2 * * *", "time zone")]
    [InlineData("@every 1h", "@every")]
    [InlineData("@Hourly", "@hourly")]
    [InlineData("@daily ", "@hourly")]
    [InlineData("@reboot", "@hourly")]
    [InlineData("@", "@hourly")]
    [InlineData(" @daily", "1 fields")]
    public void Refuses_what_the_API_server_refuses(string text, string reason)
    {
        Assert.False(CronSchedule.TryParse(text, out var schedule, out var problem));
        Assert.Null(schedule);
        // The reason of @every does not repeat the text, which stands before it.
        Assert.Contains(reason == "@every" ? "write five fields" : reason, problem, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => CronSchedule.Parse(text));
    }

    [Theory]
    [InlineData("Europe/Berlin", true)]
    [InlineData("UTC", true)]
    [InlineData("Etc/GMT+5", true)]
    [InlineData("America/Argentina/ComodRivadavia", true)]
    [InlineData("Local", false)]
    [InlineData("local", false)]
    [InlineData("", false)]
    [InlineData("Europe/Nowhere", false)]
    [InlineData("europe/berlin", false)]
    [InlineData("utc", false)]
    [InlineData("Europe", false)]
    [InlineData("Pacific Standard Time", false)]
    [InlineData("../../../etc/passwd", false)]
    [InlineData("/usr/share/zoneinfo/UTC", false)]
    [InlineData("Europe//Berlin", false)]
    [InlineData("Europe/Berlin/", false)]
    [InlineData("Europe/./Berlin", false)]
    [InlineData("tzdata.zi", false)]
    [InlineData("zone.tab", false)]
    [InlineData("UTC\0", false)]
    public void A_time_zone_is_an_IANA_name(string text, bool known)
    {
        Assert.Equal(known, CronTimeZone.TryParse(text, out var zone, out var problem));
        Assert.Equal(known ? text : null, zone?.Id);
        Assert.Equal(known, problem is null);
    }

    [Fact]
    public void The_case_of_a_time_zone_matters_also_after_it_was_used()
    {
        Assert.True(CronTimeZone.TryParse("Asia/Tokyo", out _, out _));
        Assert.False(CronTimeZone.TryParse("ASIA/Tokyo", out _, out _));
    }
}
