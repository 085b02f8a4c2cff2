using System.Globalization;
using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>A Lease, and when a watch told of this state of it.</summary>
/// <param name="Lease">With the annotations that say what its holder left, cut where they are longer than ours are.</param>
/// <param name="SeenAt">By <see cref="TimeProvider.GetTimestamp"/>.</param>
/// <param name="KeyIds">The keys that the report of the last run names.</param>
/// <param name="Report">Of the last run; null: there is none that can be read.</param>
public sealed record SeenLease(Lease Lease, long SeenAt, IReadOnlyList<string> KeyIds, LeaseReport? Report)
{
    const int MostKeyIds = 64;
    const int LongestNote = 4096;

    static readonly TimeSpan Shortest = TimeSpan.FromSeconds(60);
    static readonly string[] Kept = [LeaseNotes.Id, LeaseNotes.Frozen, LeaseNotes.Replicas, LeaseNotes.Claim, LeaseNotes.Script, LeaseNotes.Resumes,
        LeaseNotes.Phase, LeaseNotes.Progress, LeaseNotes.Percent];

    public static SeenLease Of(Lease lease, long now)
    {
        var annotations = lease.Metadata.Annotations ?? [];
        var kept = Kept.Where(annotations.ContainsKey).ToDictionary(name => name, name => annotations[name].Length <= LongestNote ? annotations[name] : annotations[name][..LongestNote]);
        var labels = lease.Metadata.Labels?.GetValueOrDefault(ClusterNames.ForLabel) is { } label ? new Dictionary<string, string> { [ClusterNames.ForLabel] = label } : null;
        var metadata = lease.Metadata with { Annotations = kept, Labels = labels, Unknown = null };
        var (keyIds, report) = annotations.GetValueOrDefault(LeaseNotes.Report) is { } text ? Told(text) : ([], null);
        return new SeenLease(lease with { Metadata = metadata, Unknown = null }, now, keyIds, report);
    }

    /// <summary>Somebody has it, dead or alive.</summary>
    public bool IsTaken => Lease.Spec?.HolderIdentity is { Length: > 0 };

    /// <summary>A run that lives holds it, as far as can be told: it was renewed within its duration, by our clock.</summary>
    public bool IsHeld(TimeProvider time) => IsTaken && time.GetElapsedTime(SeenAt) < Duration;

    /// <summary>How long after the last renewal it is dead.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds(Math.Clamp(Lease.Spec?.LeaseDurationSeconds ?? 0, Shortest.TotalSeconds, TimeSpan.FromDays(1).TotalSeconds));

    /// <summary>A dead run left something to be done by whoever comes next: a frozen database, a stopped workload.</summary>
    public bool IsUnsettled => Note(LeaseNotes.Frozen) || Note(LeaseNotes.Replicas);

    /// <summary>A restore has stopped the workload, and will start it.</summary>
    public bool IsStopping => Note(LeaseNotes.Replicas);

    /// <summary>The run that holds it is of this Job.</summary>
    public bool IsHeldBy(string job) => Lease.Spec?.HolderIdentity is { } holder && holder.StartsWith(job + "-", StringComparison.Ordinal);

    /// <returns>Null: it does not carry this note.</returns>
    public string? NoteOf(string name) => Lease.Metadata.Annotations?.GetValueOrDefault(name) is { Length: > 0 } text ? text : null;

    /// <summary>How far the run is, 0 to 100; null: not known.</summary>
    public int? Percent => int.TryParse(NoteOf(LeaseNotes.Percent), NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent <= 100 ? percent : null;

    bool Note(string name) => NoteOf(name) is not null;

    static (IReadOnlyList<string> KeyIds, LeaseReport? Report) Told(string report)
    {
        try
        {
            using var document = JsonDocument.Parse(report);
            return ([.. KeyIdsIn(document.RootElement).Distinct().Take(MostKeyIds)], LeaseReport.Read(document.RootElement));
        }
        catch (JsonException)
        {
            // Cut, or edited by hand: it names nothing then.
            return ([], null);
        }
    }

    static IEnumerable<string> KeyIdsIn(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(field =>
            field.NameEquals("keyId"u8) && field.Value.AsText() is { } id ? [id] : KeyIdsIn(field.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(KeyIdsIn),
        _ => [],
    };
}
