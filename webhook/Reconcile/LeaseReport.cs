using System.Text.Json;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>What the report on a Lease says of the run that held it last, and of the backups that there are since: a few kilobytes.</summary>
/// <param name="Verb"><c>backup</c>, <c>prune</c> or <c>restore</c>.</param>
/// <param name="Claim">Of the series.</param>
/// <param name="Made">By a backup that succeeded; null: none was made.</param>
/// <param name="Retained">Null: what the store holds is not known.</param>
public sealed record LeaseReport(
    string Verb, string Claim, int ExitCode, DateTimeOffset Start, DateTimeOffset End, ReportedRun? Made, RetainedBackups? Retained)
{
    const int LongestName = 253, LongestText = 512, MostCounted = 1_000_000;

    /// <summary>Reads the full report and its short form alike. Who may update the Lease may have written anything.</summary>
    /// <returns>Null: it is no report of ours.</returns>
    public static LeaseReport? Read(JsonElement report)
    {
        if (report.Text("verb") is not { Length: <= 32 } verb || report.Time("start") is not { } start || report.Time("end") is not { } end
            || report.Text("series")?.Split('/') is not [.., { Length: > 0 and <= LongestName } claim] || report.Whole("exitCode") is not { } code)
            return null;
        return new(verb, claim, (int)Math.Clamp(code, int.MinValue, int.MaxValue), start, end, verb == "backup" && code == 0 ? MadeIn(report, start, end) : null, RetainedIn(report));
    }

    static ReportedRun? MadeIn(JsonElement report, DateTimeOffset start, DateTimeOffset end)
    {
        var backups = report.Items("backups").Take(2).ToList();
        // The short form has the one backup beside the rest.
        var backup = backups.Count == 1 ? backups[0] : report;
        if (backups.Count > 1 || IdIn(backup) is not { } id)
            return null;
        var warnings = report.Field("warnings").ValueKind == JsonValueKind.Array ? report.Words("warnings") : null;
        return new(
            id, start, end, backup.Size("files"), backup.Size("bytes"), backup.Size("storedBytes"), backup.Text("keyId") is { Length: <= 64 } key ? key : null,
            (int)Math.Clamp(warnings?.Count ?? report.Whole("warnings") ?? 0, 0, int.MaxValue), Cut(warnings is null ? report.Text("firstWarning") : warnings.FirstOrDefault()));
    }

    static RetainedBackups? RetainedIn(JsonElement report)
    {
        var retained = report.Field("retained");
        if (retained.Whole("count") is not (>= 0 and <= MostCounted and { } count))
            return null;
        var newest = retained.Items("newest").Take(Reports.ReportedCatalog.MostListed)
            .Select(one => IdIn(one) is { } id ? new RetainedBackup(id, one.Size("files"), one.Size("bytes"), one.Size("storedBytes"), one.Text("keyId") is { Length: <= 64 } key ? key : null) : null)
            .OfType<RetainedBackup>().OrderByDescending(one => one.Id, StringComparer.Ordinal).ToList();
        var others = retained.Field("others").ValueKind == JsonValueKind.Array ? retained.Words("others").Take(Reports.ReportedCatalog.MostListed).ToHashSet(StringComparer.Ordinal) : null;
        return new((int)count, newest, others, retained.Text("oldest") is { } oldest && BackupId.Parse(oldest) is not null ? oldest : null);
    }

    static string? IdIn(JsonElement of) => of.Text("id") is { } text && BackupId.Parse(text) is not null ? text : null;

    static string? Cut(string? text) => text is { Length: > LongestText } ? text[..LongestText] + "…" : text;
}

/// <summary>A backup that a run made.</summary>
/// <param name="Bytes">Of the regular files.</param>
/// <param name="StoredBytes">Of the stored object.</param>
public sealed record ReportedRun(
    string Id, DateTimeOffset Start, DateTimeOffset End, long? Files, long? Bytes, long? StoredBytes, string? KeyId, int Warnings, string? FirstWarning);

/// <summary>The complete backups of a series.</summary>
/// <param name="Count">How many there are in all.</param>
/// <param name="Newest">Newest first: all of them, or the first <see cref="Reports.ReportedCatalog.MostListed"/>.</param>
/// <param name="Others">The ids of those that are there and are not complete; null: not all are known.</param>
/// <param name="Oldest">Of all that are there; null: none is, or it is not known.</param>
public sealed record RetainedBackups(int Count, IReadOnlyList<RetainedBackup> Newest, IReadOnlySet<string>? Others, string? Oldest)
{
    /// <summary>The store does not hold this backup: it was made before the listing, is in the span of time that the listing covers, and is not in it.</summary>
    /// <param name="listed">When.</param>
    public bool Lacks(BackupId id, DateTimeOffset listed) =>
        id.Time <= listed && Others?.Contains(id.Text) == false && !Newest.Any(one => one.Id == id.Text)
        && (Newest.Count >= Count || Newest.Count > 0 && string.CompareOrdinal(id.Text, Newest[^1].Id) > 0 || Oldest is not null && string.CompareOrdinal(id.Text, Oldest) < 0);
}

/// <param name="Bytes">Of the regular files.</param>
/// <param name="StoredBytes">Of the stored object.</param>
public sealed record RetainedBackup(string Id, long? Files, long? Bytes, long? StoredBytes, string? KeyId);
