using System.Text.Json.Serialization;

namespace BackupRunner.Reports;

/// <summary>What one run did, for programs: <c>--report FILE</c>, and shortened for the termination log. Sizes are bytes, times RFC 3339 in UTC.</summary>
public sealed record RunReport
{
    public int ReportVersion { get; init; } = 1;

    /// <summary><c>backup</c>, <c>restore</c>, <c>verify</c>, <c>prune</c>, <c>check</c> or <c>list</c>.</summary>
    public required string Verb { get; init; }

    public required int ExitCode { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required DateTimeOffset End { get; init; }

    /// <summary>The series as <c>cluster/namespace/kind/name/claim</c>.</summary>
    public string? Series { get; init; }

    /// <summary>Without secrets.</summary>
    public string? Store { get; init; }

    public string? Error { get; init; }

    public string? Hint { get; init; }

    /// <summary>The backups that this run made, restored or verified.</summary>
    public IReadOnlyList<ReportedBackup> Backups { get; init; } = [];

    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What retention and the sweep removed, or in a dry run would remove, and why.</summary>
    public IReadOnlyList<ReportedDeletion> Deleted { get; init; } = [];

    public bool DryRun { get; init; }
}

/// <param name="Result"><c>done</c>, <c>damaged</c> or <c>unreadable</c>.</param>
/// <param name="Bytes">Apparent size of the regular files.</param>
/// <param name="StoredBytes">Size of the stored object.</param>
public sealed record ReportedBackup(
    string Id, string Result, long? Files, long? Bytes, long StoredBytes, string? Sha256 = null, string? Problem = null, string? KeyId = null);

/// <param name="What">A backup id, or the key of an unfinished upload.</param>
/// <param name="Problem">Why it could not be removed; null when it was.</param>
public sealed record ReportedDeletion(string What, string Reason, string? Problem = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(UtcTime)],
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(RunReport))]
public sealed partial class ReportJson : JsonSerializerContext;
