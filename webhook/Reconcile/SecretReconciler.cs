using System.Collections.Concurrent;
using BackupRunner.Keys;
using BackupRunner.Kube;
using BackupRunner.Webhook.Keys;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Status.Metrics;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>One source Secret with everything that wants it: its ring and its copies. One at a time, which is what the memory of rings is made for.</summary>
public sealed class SecretReconciler(KubeClient kube, ClusterCache cache, SecretTending tending, ProblemNotes notes, Installation installation, EventRecorder events, KeyMetrics metrics) : IDisposable
{
    readonly SemaphoreSlim turn = new(1);
    readonly ConcurrentDictionary<WorkloadId, IReadOnlyList<Wanted>> wanted = new();

    /// <summary>What is wanted of each source, from everybody.</summary>
    public IReadOnlyList<SecretDemand> Demands(ProtectedWorkload workload) =>
        !workload.IsBeingDeleted && !installation.Unreviewed.Contains(workload.Id.Namespace) && workload.PolicyName is { } name && cache.Policy(workload.Id.Namespace, name) is { Policy: not null } policy
            ? SecretDemands.Of(workload, policy, installation.Cluster) : [];

    /// <summary>Every source that is wanted.</summary>
    public IEnumerable<WorkKey> Everything() => cache.Protected().SelectMany(Demands).Select(demand => KeyOf(demand.Source)).Distinct();

    /// <summary>The copies that were last noted as wanted for it, by their names.</summary>
    public IReadOnlyList<string> CopiesOf(WorkloadId workload) => [.. wanted.GetValueOrDefault(workload, []).Select(one => one.Copy).OfType<string>()];

    /// <summary>The sources that a workload wants now, and those that it did before, are looked at if that is not the same, or if a copy may be made only now.</summary>
    public void Note(WorkloadId workload, IReadOnlyList<SecretDemand> demands)
    {
        IReadOnlyList<Wanted> now =
        [
            .. demands.Select(demand => new Wanted(demand.Source, demand.IsCopy ? demand.Mounted : null, CopyReconciler.MayMake(cache, demand)))
                .OrderBy(one => one.Source.ToString(), StringComparer.Ordinal),
        ];
        var before = wanted.GetValueOrDefault(workload, []);
        wanted[workload] = now;
        if (before.SequenceEqual(now))
            return;
        foreach (var source in before.Concat(now).Select(one => one.Source).Distinct())
            cache.Tell(KeyOf(source));
    }

    public async Task<TimeSpan?> Reconcile(SecretId source, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            var demands = cache.Protected().SelectMany(Demands).Where(demand => demand.Source == source).ToList();
            var outcome = await tending.Tend(source, demands, Named(source, demands), cancel);
            var problems = outcome.Problems.GroupBy(problem => problem.Workload).ToDictionary(group => group.Key, group => string.Join("; ", group.Select(problem => problem.Problem).Distinct()));
            foreach (var workload in notes.Put(KeyOf(source), problems))
                cache.Tell(ClusterCache.KeyOf(workload));
            metrics.RotationDue(source.Namespace, source.Name, outcome.Rings.Min(ring => ring.Due));
            await Record(source, demands, outcome, cancel);
            return outcome.Again;
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    static WorkKey KeyOf(SecretId source) => new(WorkKind.Secret, source.Namespace, source.Name);

    /// <summary>The keys that a Secret holds stand in the status of every policy that uses it, for the day when it is gone.</summary>
    async Task Record(SecretId source, List<SecretDemand> demands, SecretOutcome outcome, CancellationToken cancel)
    {
        var ids = outcome.Rings.SelectMany(ring => ring.Ids).Distinct().OrderBy(id => id.Text, StringComparer.Ordinal).ToList();
        foreach (var (space, name) in demands.Where(demand => demand.Ring is not null).Select(demand => (demand.Workload.Id.Namespace, demand.Workload.PolicyName!)).Distinct())
        {
            if (ids.Count > 0 && !cache.KeyIdsOf(space, name).Of(source).SequenceEqual(ids))
                await kube.MergePatch(ClusterWatch.Policies.OfStatus(), space, name, PolicyKeyIds.Patch(source, ids), cancel);
        }
        foreach (var workload in demands.Select(demand => demand.Workload).DistinctBy(workload => workload.Id))
            foreach (var done in outcome.Done)
                await events.Record(workload.Reference(), EventRecorder.Normal, "KeyRing", done, cancel);
    }

    /// <summary>What the last runs of these workloads said that they encrypted with, and what their policies remember.</summary>
    HashSet<KeyId> Named(SecretId source, List<SecretDemand> demands) =>
    [
        .. demands.SelectMany(demand => cache.LeasesFor(demand.Workload.Id)).SelectMany(lease => lease.KeyIds).Select(KeyId.Parse).OfType<KeyId>(),
        .. demands.SelectMany(demand => cache.KeyIdsOf(demand.Workload.Id.Namespace, demand.Workload.PolicyName!).Of(source)),
    ];

    /// <param name="Copy">Its name; null: the workload mounts the source itself.</param>
    sealed record Wanted(SecretId Source, string? Copy, bool MayBeMade);
}
