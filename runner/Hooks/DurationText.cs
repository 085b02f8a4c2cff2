using System.Globalization;
using BackupRunner.Schedule;

namespace BackupRunner.Hooks;

/// <summary>A duration for a message: as the policy writes it, and with its fraction where it has one.</summary>
static class DurationText
{
    public static string Of(TimeSpan duration) => duration.Ticks % TimeSpan.TicksPerSecond == 0
        ? Duration.Format(duration)
        : duration.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + "s";
}
