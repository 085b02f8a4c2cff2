using BackupRunner.Schedule;

namespace BackupRunner.Tests.Schedule;

public sealed class DurationTests
{
    const string Characters = "0123456789smhdwSMHDW .-+\0٣é";

    [Theory]
    [InlineData("30s", 30, "30s")]
    [InlineData("15m", 900, "15m")]
    [InlineData("2h", 7_200, "2h")]
    [InlineData("7d", 604_800, "7d")]
    [InlineData("2w", 1_209_600, "14d")]
    [InlineData("0s", 0, "0s")]
    [InlineData("0w", 0, "0s")]
    [InlineData("90s", 90, "90s")]
    [InlineData("120m", 7_200, "2h")]
    [InlineData("007d", 604_800, "7d")]
    [InlineData("36500d", 3_153_600_000, "36500d")]
    public void Reads_a_number_and_a_unit(string text, long seconds, string formatted)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), Duration.Parse(text));
        Assert.Equal(formatted, Duration.Format(Duration.Parse(text)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("30 s")]
    [InlineData(" 30s")]
    [InlineData("30s ")]
    [InlineData("30S")]
    [InlineData("-30s")]
    [InlineData("+30s")]
    [InlineData("1.5h")]
    [InlineData("1h30m")]
    [InlineData("500ms")]
    [InlineData("1y")]
    [InlineData("1M")]
    [InlineData("٣s")]
    [InlineData("0x10s")]
    [InlineData("5215w", "36500d")]
    [InlineData("36501d", "36500d")]
    [InlineData("99999999999999999999s", "36500d")]
    public void Refuses_what_is_no_duration(string text, string reason = "is not a duration")
    {
        Assert.False(Duration.TryParse(text, out var value, out var problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.Zero, value);
        Assert.Throws<FormatException>(() => Duration.Parse(text));
    }

    [Theory]
    [InlineData("30")]
    [InlineData("0")]
    public void A_number_without_a_unit_is_told_the_units(string text)
    {
        Assert.False(Duration.TryParse(text, out _, out var problem));
        Assert.StartsWith("has no unit; write seconds as 30s", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_thousand_texts_give_a_duration_or_a_reason()
    {
        var random = new Random(1);
        for (var i = 0; i < 100_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => Characters[random.Next(Characters.Length)]));
            var reads = Duration.TryParse(text, out var value, out var problem);
            Assert.Equal(reads, problem is null);
            Assert.Equal(reads, System.Text.RegularExpressions.Regex.IsMatch(text, "^[0-9]+[smhdw]\\z") && problem is null);
            if (reads)
                Assert.Equal(value, Duration.Parse(Duration.Format(value)));
        }
    }
}
