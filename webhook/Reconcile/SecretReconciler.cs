using BackupRunner.Keys;
using BackupRunner.Webhook.Keys;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>One source Secret with everything that wants it: its ring and its copies. One at a time, which is what the memory of rings is made for.</summary>
public sealed class SecretReconciler(ClusterCache cache, SecretTending tending, ProblemNotes notes, Installation installation, EventRecorder events) : IDisposable
{
    readonly SemaphoreSlim turn = new(1);

    public async Task<TimeSpan?> Reconcile(SecretId source, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            var demands = cache.Protected().SelectMany(workload => Demands(workload)).Where(demand => demand.Source == source).ToList();
            var outcome = await tending.Tend(source, demands, Named(demands), cancel);
            var problems = outcome.Problems.GroupBy(problem => problem.Workload).ToDictionary(group => group.Key, group => string.Join("; ", group.Select(problem => problem.Problem)));
            foreach (var workload in notes.Put(new WorkKey(WorkKind.Secret, source.Namespace, source.Name), problems))
                cache.Tell(ClusterCache.KeyOf(workload));
            foreach (var workload in demands.Select(demand => demand.Workload).DistinctBy(workload => workload.Id))
                foreach (var done in outcome.Done)
                    await events.Record(workload.Reference(), "Normal", "KeyRing", done, cancel);
            return outcome.Again;
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    IEnumerable<SecretDemand> Demands(ProtectedWorkload workload) =>
        !workload.IsBeingDeleted && cache.Policy(workload.Id.Namespace, workload.PolicyName!) is { Policy: not null } policy ? SecretDemands.Of(workload, policy, installation.Cluster) : [];

    /// <summary>What the last runs of these workloads said that they encrypted with, or found.</summary>
    HashSet<KeyId> Named(IEnumerable<SecretDemand> demands) =>
        [.. demands.SelectMany(demand => cache.LeasesFor(demand.Workload.Id)).SelectMany(lease => lease.KeyIds).Select(KeyId.Parse).OfType<KeyId>()];
}
