using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace BackupRunner.Schedule;

/// <summary>Durations as policies write them: a whole number and one unit of <c>s m h d w</c>, such as <c>30s</c> or <c>7d</c>.</summary>
public static class Duration
{
    /// <summary>A hundred years: no date of ours leaves the calendar by it.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    static readonly (char Letter, long Seconds)[] Units = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

    /// <param name="problem">Goes after the quoted text: <c>"30" has no unit; ...</c></param>
    public static bool TryParse(string text, out TimeSpan value, [NotNullWhen(false)] out string? problem)
    {
        value = TimeSpan.Zero;
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits < 0 && text.Length > 0)
        {
            problem = "has no unit; write seconds as 30s, minutes as 15m, hours as 2h, days as 7d, weeks as 2w";
            return false;
        }
        var unit = digits > 0 && digits == text.Length - 1 ? Array.Find(Units, unit => unit.Letter == text[^1]).Seconds : 0;
        if (unit == 0)
        {
            problem = "is not a duration: a whole number and one of s, m, h, d, w, such as 30s or 7d";
            return false;
        }
        var fits = long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count <= (long)Longest.TotalSeconds / unit;
        value = fits ? TimeSpan.FromSeconds(count * unit) : TimeSpan.Zero;
        problem = fits ? null : "is longer than 36500d";
        return fits;
    }

    /// <exception cref="FormatException">The text is no duration.</exception>
    public static TimeSpan Parse(string text) =>
        TryParse(text, out var value, out var problem) ? value : throw new FormatException($"\"{text}\" {problem}");

    /// <summary>In the largest of days, hours, minutes and seconds that leaves no rest. Parts of a second are cut off.</summary>
    public static string Format(TimeSpan duration)
    {
        var seconds = (long)duration.TotalSeconds;
        var unit = Array.Find(Units, unit => unit.Letter != 'w' && (seconds % unit.Seconds == 0 && (seconds != 0 || unit.Letter == 's')));
        return (seconds / unit.Seconds).ToString(CultureInfo.InvariantCulture) + unit.Letter;
    }
}
