using System.Globalization;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>Times as people say them, seen from the moment of the page.</summary>
public static class Ages
{
    /// <summary>In the largest unit that fits, cut off: <c>5 h</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalMinutes: < 1 } => $"{(int)span.TotalSeconds} s",
        { TotalHours: < 1 } => $"{(int)span.TotalMinutes} min",
        { TotalDays: < 2 } => $"{(int)span.TotalHours} h",
        _ => $"{(int)span.TotalDays} d",
    };

    public static string Relative(DateTimeOffset at, DateTimeOffset now) => (at - now) switch
    {
        { TotalSeconds: >= 1 } ahead => $"in {Span(ahead)}",
        { TotalSeconds: > -1 } => "just now",
        var behind => $"{Span(-behind)} ago",
    };

    public static string Exact(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static Html Time(this Html html, DateTimeOffset at, DateTimeOffset now) =>
        html.Element("time", Relative(at, now), ("datetime", Reports.UtcTime.Text(at)), ("title", Exact(at)));
}
