using System.Globalization;
using BackupRunner.Names;

namespace BackupRunner.Webhook.Plans;

/// <summary>Which backup a restore Job asks for: the value of <see cref="ClusterNames.BackupAnnotation"/>.</summary>
public abstract record RestoreChoice
{
    const string BeforePrefix = "before:";

    /// <summary>The newest.</summary>
    public sealed record Latest : RestoreChoice
    {
        public override string Argument => "--latest";
    }

    /// <summary>The newest from this time or before.</summary>
    public sealed record Before(DateTimeOffset Time) : RestoreChoice
    {
        public override string Argument => $"--before={Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)}";
    }

    public sealed record Exactly(BackupId Id) : RestoreChoice
    {
        public override string Argument => $"--backup={Id.Text}";
    }

    /// <summary>Of the runner's <c>restore</c>.</summary>
    public abstract string Argument { get; }

    /// <param name="text"><c>latest</c>, <c>before:</c> and a time of RFC 3339, or a backup's id.</param>
    /// <returns>A choice, or why it is none.</returns>
    public static (RestoreChoice? Choice, string? Problem) Parse(string text)
    {
        if (text == "latest")
            return (new Latest(), null);
        if (text.StartsWith(BeforePrefix, StringComparison.Ordinal))
        {
            return Instant(text[BeforePrefix.Length..]) is { } time
                ? (new Before(time), null)
                : (null, $"\"{Shown(text)}\" has no time that says its zone after \"before:\", such as before:2026-11-22T02:00:00Z");
        }
        return BackupId.Parse(text) is { } id
            ? (new Exactly(id), null)
            : (null, $"\"{Shown(text)}\" is not \"latest\", \"before:TIME\" such as before:2026-11-22T02:00:00Z, or the id of a backup such as 20261122t020000z-k3x7qa");
    }

    // RFC 3339 with its offset: without one it would be another time on every node.
    static DateTimeOffset? Instant(string text) => DateTimeOffset.TryParseExact(
        text, ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
        && (text.EndsWith('Z') || text.AsSpan(10).ContainsAny('+', '-')) ? time : null;

    static string Shown(string text) => text.Length <= 60 ? text : text[..60] + "...";
}
