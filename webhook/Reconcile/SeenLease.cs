using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Names;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>A Lease, and when a watch told of this state of it.</summary>
/// <param name="Lease">Without the report of the last run, which may be long.</param>
/// <param name="SeenAt">By <see cref="TimeProvider.GetTimestamp"/>.</param>
/// <param name="KeyIds">The keys that the report of the last run names.</param>
public sealed record SeenLease(Lease Lease, long SeenAt, IReadOnlyList<string> KeyIds)
{
    static readonly TimeSpan Shortest = TimeSpan.FromSeconds(60);

    public static SeenLease Of(Lease lease, long now)
    {
        var annotations = lease.Metadata.Annotations is { } all ? new Dictionary<string, string>(all) : [];
        annotations.Remove(LeaseNotes.Report, out var report);
        var metadata = lease.Metadata with { Annotations = annotations, Unknown = null };
        return new SeenLease(lease with { Metadata = metadata }, now, report is null ? [] : KeyIdsIn(report));
    }

    /// <summary>Somebody has it, dead or alive.</summary>
    public bool IsTaken => Lease.Spec?.HolderIdentity is { Length: > 0 };

    /// <summary>A run that lives holds it, as far as can be told: it was renewed within its duration, by our clock.</summary>
    public bool IsHeld(TimeProvider time) => IsTaken && time.GetElapsedTime(SeenAt) < Duration;

    /// <summary>How long after the last renewal it is dead.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds(Math.Max(Shortest.TotalSeconds, Lease.Spec?.LeaseDurationSeconds ?? 0));

    /// <summary>A dead run left something to be done by whoever comes next: a frozen database, a stopped workload.</summary>
    public bool IsUnsettled => Note(LeaseNotes.Frozen) || Note(LeaseNotes.Replicas);

    bool Note(string name) => Lease.Metadata.Annotations?.GetValueOrDefault(name) is { Length: > 0 };

    static List<string> KeyIdsIn(string report)
    {
        try
        {
            using var document = JsonDocument.Parse(report);
            return [.. KeyIdsIn(document.RootElement).Distinct()];
        }
        catch (JsonException)
        {
            // Cut, or edited by hand: it names nothing then.
            return [];
        }
    }

    static IEnumerable<string> KeyIdsIn(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(field =>
            field is { Name: "keyId", Value.ValueKind: JsonValueKind.String } ? [field.Value.GetString()!] : KeyIdsIn(field.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(KeyIdsIn),
        _ => [],
    };
}
