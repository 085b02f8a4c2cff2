using System.Text.Json.Serialization;

namespace BackupRunner.Reports;

/// <summary>What one run did, for programs: <c>--report FILE</c>, and shortened for the termination log. Sizes are bytes, times RFC 3339 in UTC.</summary>
public sealed record RunReport
{
    public int ReportVersion { get; init; } = 1;

    /// <summary><c>backup</c>, <c>restore</c>, <c>verify</c>, <c>prune</c>, <c>check</c>, <c>list</c>, or <c>keys audit</c> and its like.</summary>
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

    /// <summary>What became of the data keys of older backups; null when nothing is encrypted.</summary>
    public ReportedRewrap? Rewrap { get; init; }

    /// <summary>Of <c>keys audit</c>.</summary>
    public ReportedAudit? Audit { get; init; }

    /// <summary>What the series holds when the run ends; null when that is not known.</summary>
    public ReportedCatalog? Retained { get; init; }

    /// <summary>Of <c>restore</c>: what state it leaves the data in.</summary>
    public DataState? Data { get; init; }

    /// <summary>Of <c>verify</c>: <c>checksum</c> or <c>full</c>.</summary>
    public string? Verification { get; init; }
}

/// <summary>What a restore leaves in the volume.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DataState>))]
public enum DataState
{
    /// <summary>As it was before: nothing of it was touched.</summary>
    Untouched,

    /// <summary>The data of the backup.</summary>
    Restored,

    /// <summary>As it was before: the old data was put back.</summary>
    RolledBack,

    /// <summary>Neither for certain: <c>restore --resume</c> settles it.</summary>
    Unsettled,
}

/// <summary>The complete backups of one series.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Newest">Newest first, at most <see cref="MostListed"/>.</param>
public sealed record ReportedCatalog(int Count, IReadOnlyList<ReportedBackup> Newest)
{
    public const int MostListed = 100;

    /// <summary>The ids of backups that are there and are not complete: damaged, unreadable, locked, plain. Null: there are more than <see cref="MostListed"/>.</summary>
    public IReadOnlyList<string>? Others { get; init; }

    /// <summary>The id of the oldest that is there, complete or not.</summary>
    public string? Oldest { get; init; }
}

/// <param name="Result"><c>done</c>, or what <c>list</c> calls it: <c>damaged</c>, <c>unreadable</c>, <c>locked</c>, <c>plain</c>; or <c>unhealthy</c>, by the policy's <c>verification.command</c>.</param>
/// <param name="Bytes">Apparent size of the regular files.</param>
/// <param name="StoredBytes">Size of the stored object.</param>
public sealed record ReportedBackup(
    string Id, string Result, long? Files, long? Bytes, long StoredBytes, string? Sha256 = null, string? Problem = null, string? KeyId = null);

/// <param name="What">A backup id, or the key of an unfinished upload.</param>
/// <param name="Problem">Why it could not be removed; null when it was.</param>
public sealed record ReportedDeletion(string What, string Reason, string? Problem = null);

/// <param name="KeyId">Of the ring's current key, which wraps the data keys now.</param>
/// <param name="Done">How many backups needed another key before and do not any more.</param>
/// <param name="Left">The ids of those that still need another key of the ring; the warnings say why, for the first of them.</param>
public sealed record ReportedRewrap(string KeyId, int Done, IReadOnlyList<string> Left);

/// <param name="Begun">When the listing began, by the runner's clock: what was stored before is in it.</param>
/// <param name="Prefix">Below which everything was listed.</param>
/// <param name="Backups">How many backups were seen there, encrypted or not.</param>
/// <param name="Keys">Every key that wraps the data key of anything below the prefix, by id.</param>
public sealed record ReportedAudit(DateTimeOffset Begun, string Prefix, long Backups, IReadOnlyList<ReportedKey> Keys);

/// <param name="Wraps">How many data keys it wraps.</param>
/// <param name="Ring"><c>current</c>, <c>present</c> or <c>missing</c>; null when no ring was given.</param>
public sealed record ReportedKey(string KeyId, long Wraps, string? Ring)
{
    public const string Current = "current";
    public const string Present = "present";
    public const string Missing = "missing";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(UtcTime)],
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(RunReport))]
public sealed partial class ReportJson : JsonSerializerContext;
