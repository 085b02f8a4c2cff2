using BackupRunner.Keys;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Keys;

/// <summary>What this process has seen of one source Secret and its copies. Forgetting it costs waits and no key.</summary>
sealed class SourceMemory
{
    readonly Dictionary<string, RingMemory> rings = [];

    /// <summary>Since when reads show no such Secret; null: it was there.</summary>
    public TimeSpan? AbsentSince { get; set; }

    public RingMemory Ring(string keyField)
    {
        if (!rings.TryGetValue(keyField, out var ring))
            rings.Add(keyField, ring = new());
        return ring;
    }

    /// <summary>Drops what no demand is about.</summary>
    public void Keep(IReadOnlyCollection<SecretDemand> demands)
    {
        foreach (var field in rings.Keys.Except(demands.Select(demand => demand.Ring?.KeyField).OfType<string>()).ToList())
            rings.Remove(field);
        foreach (var (field, ring) in rings)
            ring.KeepCopies([.. demands.Where(demand => demand.Ring?.KeyField == field).Select(demand => demand.Workload.Id)]);
    }
}

sealed class RingMemory
{
    readonly Dictionary<WorkloadId, SeenRing> copies = [];

    public SeenRing? Source { get; set; }

    /// <summary>Every key that the source was seen with.</summary>
    public HashSet<KeyId> Ever { get; } = [];

    /// <summary>What the annotation said when it was last there: tools that write Secrets as they know them take annotations away.</summary>
    public IReadOnlySet<string>? Locations { get; set; }

    /// <summary>The audits that were asked for while there was no Secret.</summary>
    public HashSet<AuditScope> Scopes { get; } = [];

    public SeenRing? Copy(WorkloadId workload) => copies.GetValueOrDefault(workload);

    public void SetCopy(WorkloadId workload, SeenRing? seen)
    {
        if (seen is null)
            copies.Remove(workload);
        else
            copies[workload] = seen;
    }

    public void KeepCopies(HashSet<WorkloadId> workloads)
    {
        foreach (var gone in copies.Keys.Where(workload => !workloads.Contains(workload)).ToList())
            copies.Remove(gone);
    }
}
