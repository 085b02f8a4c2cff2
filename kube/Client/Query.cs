using System.Globalization;

namespace BackupRunner.Kube;

/// <summary>The part of an address behind the question mark, which it begins with; empty when nothing is asked.</summary>
static class Query
{
    public static string Of(params ReadOnlySpan<(string Key, string? Value)> pairs)
    {
        var parts = new List<string>();
        foreach (var (key, value) in pairs)
            if (value is not null)
                parts.Add($"{key}={Uri.EscapeDataString(value)}");
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }

    public static string? Number(int? value) => value?.ToString(CultureInfo.InvariantCulture);
}
