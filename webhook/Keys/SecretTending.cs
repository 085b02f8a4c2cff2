using BackupRunner.Keys;
using BackupRunner.Kube;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Keys;

/// <summary>
/// Keeps one source Secret at a time: its rings, where the policies want that, and its copies beside workloads. Each pass reads everything from the API server and does
/// what is missing; nothing of content outlives a pass. Only the leader calls it, one call after the other; two leaders at once do no harm.
/// </summary>
/// <param name="namespaces">Of Secrets that may be read (<c>--secret-namespaces</c>).</param>
/// <param name="mayMake">Whether a copy that is missing may be made now: one that nothing lists would never be withdrawn.</param>
public sealed class SecretTending(KubeClient kube, TimeProvider time, IReadOnlySet<string> namespaces, Installation installation, Func<SecretDemand, bool> mayMake)
{
    /// <summary>A pass that changes nothing repeats after this: that is how long a copy that somebody edited may stay so.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    /// <summary>While an audit runs.</summary>
    public static readonly TimeSpan WhileAuditing = TimeSpan.FromSeconds(15);

    /// <summary>After something failed.</summary>
    public static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(1);

    const int MostSteps = 8;

    readonly long began = time.GetTimestamp();
    readonly Dictionary<SecretId, SourceMemory> memories = [];
    readonly SecretCopies copies = new(kube);
    readonly KeyAudits audits = new(kube, installation);

    Moment Now => new(time.GetUtcNow(), time.GetElapsedTime(began));

    /// <param name="demands">All of this source, of workloads that are not being deleted.</param>
    /// <param name="named">The key ids that the Leases of these workloads and the statuses of their policies name; null: that is not known yet.</param>
    public async Task<SecretOutcome> Tend(SecretId source, IReadOnlyList<SecretDemand> demands, IReadOnlySet<KeyId>? named, CancellationToken cancel)
    {
        if (demands.Count == 0)
        {
            memories.Remove(source);
            return SecretOutcome.Nothing;
        }
        var pass = new Pass();
        if (!namespaces.Contains(source.Namespace))
        {
            foreach (var demand in demands)
                await Refuse(demand, SecretGate.Unlisted(demand), source: null, pass, cancel);
            return pass.Outcome(demands.Any(demand => demand.IsCopy) ? Every : null);
        }
        if (!memories.TryGetValue(source, out var memory))
            memories.Add(source, memory = new());
        memory.Keep(demands);
        var dropped = new Dictionary<string, KeyId>();
        for (var step = 0; step < MostSteps; step++)
        {
            pass.Begin();
            if (!await Step(source, demands, named, memory, dropped, pass, cancel))
                break;
        }
        return pass.Outcome(Every);
    }

    /// <summary>Deletes a copy that its workload wants no more, unless it alone may hold a key.</summary>
    /// <param name="name">One of those that <see cref="Names.ClusterNames.CopiesAnnotation"/> names.</param>
    /// <returns>Why it stays, as a sentence without a full stop; null: it is gone.</returns>
    public async Task<string?> Withdraw(WorkloadId workload, string name, CancellationToken cancel)
    {
        SecretId? id;
        using (var copy = await copies.Look(workload.Namespace, name, cancel))
            id = copy?.Metadata.Annotations?.GetValueOrDefault(Names.ClusterNames.SourceAnnotation) is { } text ? SecretId.Parse(text) : null;
        using var source = id is not null && namespaces.Contains(id.Namespace) ? await kube.Get(KubeResources.Secrets, id.Namespace, id.Name, cancel) : null;
        return await copies.Withdraw(workload, name, source, cancel);
    }

    /// <returns>Whether something was written and everything must be read again.</returns>
    async Task<bool> Step(
        SecretId id, IReadOnlyList<SecretDemand> demands, IReadOnlySet<KeyId>? named, SourceMemory memory, Dictionary<string, KeyId> dropped, Pass pass, CancellationToken cancel)
    {
        Secret? source;
        try
        {
            source = await kube.Get(KubeResources.Secrets, id.Namespace, id.Name, cancel);
        }
        catch (KubeException e) when (e.IsForbidden)
        {
            foreach (var demand in demands)
                pass.Add(demand, SecretGate.Unreadable(demand).Problem);
            return false;
        }
        using (source)
        {
            memory.AbsentSince = source is null ? memory.AbsentSince ?? Now.Steady : null;
            var allowed = new List<SecretDemand>();
            foreach (var demand in demands)
            {
                var refusal = source is null ? null : SecretGate.Of(demand, source.Metadata.Annotations);
                if (refusal is null)
                    allowed.Add(demand);
                await Refuse(demand, refusal, source, pass, cancel);
            }
            var rings = new Dictionary<string, List<KeyCopy>>();
            foreach (var demand in allowed)
                await KeepCopy(demand, source, memory, dropped, rings, pass, cancel);
            dropped.Clear();
            foreach (var ring in allowed.Where(demand => demand.Ring is not null).GroupBy(demand => demand.Ring!.KeyField))
            {
                if (await StepRing(id, ring.Key, source, [.. ring], rings.GetValueOrDefault(ring.Key) ?? [], named, memory, dropped, pass, cancel))
                    return true;
            }
            return false;
        }
    }

    async Task Refuse(SecretDemand demand, SecretRefusal? refusal, Secret? source, Pass pass, CancellationToken cancel)
    {
        if (refusal is null)
            return;
        pass.Add(demand, refusal.Problem);
        if (!refusal.IsWithdrawn)
            return;
        await pass.Try(demand, async () =>
        {
            if (await copies.Withdraw(demand.Workload.Id, demand.Mounted, source, cancel) is { } stays)
                pass.Add(demand, stays);
        });
    }

    async Task KeepCopy(
        SecretDemand demand, Secret? source, SourceMemory memory, Dictionary<string, KeyId> dropped, Dictionary<string, List<KeyCopy>> rings, Pass pass, CancellationToken cancel)
    {
        if (source is null && demand.Ring is null)
            pass.Add(demand, SecretGate.Missing(demand).Problem);
        if (!demand.IsCopy)
            return;
        var (seen, isNobodys) = ((SeenRing?)null, false);
        await pass.Try(demand, async () =>
        {
            var kept = source is null
                ? await copies.Guard(demand, cancel)
                : await copies.Keep(demand, source, demand.Ring is { } ring ? dropped.GetValueOrDefault(ring.KeyField) : null, () => mayMake(demand), cancel);
            using var present = kept.Present;
            using var before = kept.Before;
            var taken = demand.Ring is null || source is null ? [] : Taken(kept.Foreign, demand.Ring.KeyField, source, memory);
            isNobodys = kept.IsUnwanted || kept.Foreign is not null && taken.Count == 0;
            if (kept.Problem is { } problem)
                pass.Add(demand, taken.Count == 0 ? problem : $"{problem}; it holds {string.Join(", ", taken)} of the ring, of which no key is promoted or removed until then");
            if (demand.Ring is not null && present is not null && CopyShape.IsOurs(present, demand.Workload.Id))
                seen = See(demand, present, before, memory.Ring(demand.Ring.KeyField));
        });
        if (demand.Ring is not { KeyField: var keyField })
            return;
        memory.Ring(keyField).SetCopy(demand.Workload.Id, seen);
        // Whoever mounts a Secret that is not ours and has none of our keys cannot keep the others from rotating.
        if (isNobodys)
            return;
        if (!rings.TryGetValue(keyField, out var all))
            rings.Add(keyField, all = []);
        all.Add(new(demand.Workload.Id.Namespace, seen));
    }

    /// <summary>The keys of the ring that a Secret which is not ours holds: a copy without its label, by which runs encrypt all the same.</summary>
    static List<string> Taken(IReadOnlySet<KeyId>? foreign, string keyField, Secret source, SourceMemory memory) =>
    [
        .. RingFields.Read(keyField, source.Data).Ids.Concat(memory.Ring(keyField).Ever).Concat(RingRecord.Read(keyField, source.Metadata.Annotations).Times.Keys)
            .Distinct().Where(id => foreign?.Contains(id) == true).Select(id => id.Text).Order(StringComparer.Ordinal),
    ];

    SeenRing See(SecretDemand demand, Secret present, Secret? before, RingMemory memory)
    {
        var keyField = demand.Ring!.KeyField;
        var steady = Now.Steady;
        var fields = RingFields.Read(keyField, present.Data);
        var version = present.Metadata.ResourceVersion!;
        if (before is null)
            return SeenRing.Read(memory.Copy(demand.Workload.Id), version, fields.Current, fields.Ids, steady);
        var had = RingFields.Read(keyField, before.Data);
        return SeenRing.Read(memory.Copy(demand.Workload.Id), before.Metadata.ResourceVersion!, had.Current, had.Ids, steady).Written(version, fields.Current, fields.Ids, steady);
    }

    async Task<bool> StepRing(
        SecretId id, string keyField, Secret? source, List<SecretDemand> demands, List<KeyCopy> keyCopies, IReadOnlySet<KeyId>? named,
        SourceMemory memory, Dictionary<string, KeyId> dropped, Pass pass, CancellationToken cancel)
    {
        var again = false;
        await pass.Try(demands, async () =>
        {
            try
            {
                var step = await new RingTending(kube, audits, new FirstKey(audits), () => Now).Step(id, keyField, source, demands, keyCopies, named, memory, cancel);
                if (step.Dropped is { } key)
                    dropped[keyField] = key;
                again = step.IsDone;
                pass.Add(step, demands);
            }
            catch (KubeException e) when (e.IsConflict || e.IsAlreadyExists)
            {
                // Somebody wrote in between: read and decide again.
                again = true;
            }
        });
        return again;
    }
}
