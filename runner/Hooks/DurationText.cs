using System.Globalization;

namespace BackupRunner.Hooks;

/// <summary>A duration as the policy writes it: in the largest unit that divides it, <c>90s</c>, <c>2h</c>.</summary>
static class DurationText
{
    public static string Of(TimeSpan duration)
    {
        if (duration.Ticks % TimeSpan.TicksPerSecond != 0 || duration == TimeSpan.Zero)
            return duration.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + "s";
        foreach (var (unit, ticks) in new[] { ("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute) })
        {
            if (duration.Ticks % ticks == 0)
                return (duration.Ticks / ticks).ToString(CultureInfo.InvariantCulture) + unit;
        }
        return (duration.Ticks / TimeSpan.TicksPerSecond).ToString(CultureInfo.InvariantCulture) + "s";
    }
}
