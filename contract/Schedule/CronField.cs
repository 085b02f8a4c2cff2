using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace BackupRunner.Schedule;

/// <summary>
/// The values that one field of a cron expression allows, as a set of bits, and whether it is a plain star: <c>*</c> and <c>?</c> are, and
/// <c>*/1</c>; <c>*/2</c> is not.
/// </summary>
readonly record struct CronField(ulong Bits, bool Star)
{
    public bool Allows(int value) => (Bits >> value & 1) != 0;

    public static bool TryParse(string text, CronFieldKind kind, out CronField field, [NotNullWhen(false)] out string? problem)
    {
        field = default;
        problem = null;
        foreach (var range in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            problem = TryRange(range, kind, out var one);
            if (problem is not null)
                return false;
            field = new CronField(field.Bits | one.Bits, field.Star || one.Star);
        }
        return true;
    }

    // start [ "-" end ] [ "/" step ]; what follows "*-" is not looked at, because the API server does not either.
    static string? TryRange(string range, CronFieldKind kind, out CronField field)
    {
        field = default;
        var slash = range.Split('/');
        var hyphen = slash[0].Split('-');
        var star = hyphen[0] is "*" or "?";
        if (slash.Length > 2 || (!star && hyphen.Length > 2))
            return $"has a {kind.Name} \"{range}\" with too many {(slash.Length > 2 ? "slashes" : "hyphens")}";
        var (start, end, step) = (kind.Least, kind.Most, 1L);
        if (!star && (!kind.TryValue(hyphen[0], out start) || !kind.TryValue(hyphen[^1], out end)))
            return $"has a {kind.Name} \"{range}\" that is not a number{(kind.Names.Length > 0 ? " or name" : "")}";
        if (slash.Length == 2)
        {
            if (!CronFieldKind.TryNumber(slash[1], out step) || step == 0)
                return $"has a {kind.Name} \"{range}\" whose step is not a number from 1 up";
            // "N/step" runs to the end.
            if (hyphen.Length == 1)
                end = kind.Most;
        }
        if (start < kind.Least || start > kind.Most || end > kind.Most)
            return $"has a {kind.Name} \"{range}\" outside {kind.Least} to {kind.Most}";
        if (start > end)
            return $"has a {kind.Name} \"{range}\" whose start is after its end";
        var bits = 0UL;
        for (var value = start; value <= end; value += Math.Min(step, kind.Most + 1))
            bits |= 1UL << (int)value;
        field = new CronField(bits, star && step == 1);
        return null;
    }
}

/// <summary>Which numbers and names a field may hold. The first name stands for <paramref name="Least"/>.</summary>
sealed record CronFieldKind(string Name, long Least, long Most, params string[] Names)
{
    public static readonly CronFieldKind Minute = new("minute", 0, 59);
    public static readonly CronFieldKind Hour = new("hour", 0, 23);
    public static readonly CronFieldKind Day = new("day of month", 1, 31);
    public static readonly CronFieldKind Month =
        new("month", 1, 12, "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
    public static readonly CronFieldKind Weekday = new("day of week", 0, 6, "sun", "mon", "tue", "wed", "thu", "fri", "sat");

    public bool TryValue(string text, out long value)
    {
        var name = Array.FindIndex(Names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        value = name + Least;
        return name >= 0 || TryNumber(text, out value);
    }

    /// <summary>As Go's Atoi reads a number that is not negative: digits, with or without a plus.</summary>
    public static bool TryNumber(string text, out long value) =>
        long.TryParse(text.StartsWith('+') ? text.AsSpan(1) : text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
