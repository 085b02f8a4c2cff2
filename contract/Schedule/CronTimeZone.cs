using System.Diagnostics.CodeAnalysis;

namespace BackupRunner.Schedule;

/// <summary>The time zone of a CronJob, by the rules of the Kubernetes API server (ValidateCronJobSpec): an IANA name, never "Local".</summary>
public static class CronTimeZone
{
    const int LongestPart = 14;

    /// <param name="problem">Goes after the quoted text.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out TimeZoneInfo? zone, [NotNullWhen(false)] out string? problem)
    {
        zone = null;
        problem = "is not an IANA time zone, such as Europe/Berlin";
        if (string.Equals(text, "Local", StringComparison.OrdinalIgnoreCase))
        {
            problem = "is not an explicit time zone; write an IANA name, such as Europe/Berlin";
            return false;
        }
        // The characters are checked first: the name becomes the path of a file.
        if (!text.Split('/').All(IsPart) || !TimeZoneInfo.TryFindSystemTimeZoneById(text, out var found))
            return false;
        // Names differ in case only by mistake, and the framework's cache does not mind case where the API server does.
        if (found.Id != text)
            return false;
        (zone, problem) = (found, null);
        return true;
    }

    static bool IsPart(string part) => part.Length is > 0 and <= LongestPart && part is not ("." or "..") && part[0] != '-'
        && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '+');
}
