using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BackupRunner.Reports;

/// <summary>
/// A run report as one JSON line of at most <see cref="MaxBytes"/> bytes, which is all that Kubernetes keeps of a termination log
/// (docs: "Customizing the termination message"). Lists become counts, and long texts are cut.
/// </summary>
public sealed record TerminationMessage
{
    public const int MaxBytes = 4096;

    /// <summary>An audit that found more key ids than this is told without them: whoever removes keys must then remove none.</summary>
    public const int MaxKeyIds = 32;

    // Nine texts of this many bytes, as JSON spells them, leave room for all numbers, names and key ids.
    const int MaxTextBytes = 320;

    public required string Verb { get; init; }

    public required int ExitCode { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required DateTimeOffset End { get; init; }

    public string? Series { get; init; }

    public string? Id { get; init; }

    public string? Sha256 { get; init; }

    public long? Files { get; init; }

    public long? Bytes { get; init; }

    public long? StoredBytes { get; init; }

    public string? Error { get; init; }

    public string? Hint { get; init; }

    public required int Warnings { get; init; }

    public string? FirstWarning { get; init; }

    public required int Deleted { get; init; }

    public string? KeyId { get; init; }

    /// <summary>Backups that were wrapped by the current key, and those that still need another.</summary>
    public int? Rewrapped { get; init; }

    public int? RewrapLeft { get; init; }

    /// <summary>When the listing of an audit began.</summary>
    public DateTimeOffset? AuditBegun { get; init; }

    /// <summary>The key ids that it found; null when there are more than <see cref="MaxKeyIds"/>.</summary>
    public IReadOnlyList<string>? AuditKeyIds { get; init; }

    /// <summary>How many backups the series holds.</summary>
    public int? Retained { get; init; }

    /// <summary>Of a restore.</summary>
    public DataState? Data { get; init; }

    /// <summary>Of <c>verify</c>: <c>checksum</c> or <c>full</c>.</summary>
    public string? Verification { get; init; }

    /// <returns>Null: it is none.</returns>
    public static TerminationMessage? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, TerminationJson.Default.TerminationMessage);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <returns>One line of UTF-8 without a line end, at most <see cref="MaxBytes"/> long.</returns>
    public static byte[] Of(RunReport report)
    {
        var backup = report.Backups.Count == 1 ? report.Backups[0] : null;
        return JsonSerializer.SerializeToUtf8Bytes(new TerminationMessage
        {
            Verb = Cut(report.Verb)!,
            ExitCode = report.ExitCode,
            Start = report.Start,
            End = report.End,
            Series = Cut(report.Series),
            Id = Cut(backup?.Id),
            Sha256 = Cut(backup?.Sha256),
            Files = backup?.Files,
            Bytes = backup?.Bytes,
            StoredBytes = backup?.StoredBytes,
            Error = Cut(report.Error),
            Hint = Cut(report.Hint),
            Warnings = report.Warnings.Count,
            FirstWarning = Cut(report.Warnings.Count > 0 ? report.Warnings[0] : null),
            Deleted = report.Deleted.Count,
            KeyId = Cut(backup?.KeyId ?? report.Rewrap?.KeyId),
            Rewrapped = report.Rewrap?.Done,
            RewrapLeft = report.Rewrap?.Left.Count,
            AuditBegun = report.Audit?.Begun,
            AuditKeyIds = report.Audit is { Keys.Count: <= MaxKeyIds } audit ? [.. audit.Keys.Select(key => key.KeyId)] : null,
            Retained = report.Retained?.Count,
            Data = report.Data,
            Verification = Cut(report.Verification),
        }, TerminationJson.Default.TerminationMessage);
    }

    static string? Cut(string? text)
    {
        if (text is null || Spelled(text) <= MaxTextBytes)
            return text;
        var length = Math.Min(text.Length, MaxTextBytes);
        while (Spelled(text[..length] + "…") > MaxTextBytes)
            length = length * 9 / 10;
        return text[..length] + "…";
    }

    static int Spelled(string text) => JavaScriptEncoder.Default.Encode(text).Length; // ASCII only
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcTime)], DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TerminationMessage))]
sealed partial class TerminationJson : JsonSerializerContext;
