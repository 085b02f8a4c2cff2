using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Recovery;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>Brings a Lease of ours together with what it is for, and has it looked after.</summary>
public sealed class LeaseReconciler(ClusterCache cache, Assessor assessor, LeaseTending tending, ProblemNotes notes)
{
    public async Task<TimeSpan?> Reconcile(WorkKey key, CancellationToken cancel)
    {
        if (cache.Lease(key.Namespace, key.Name) is not { Lease: var lease })
        {
            Note(key, null, null);
            return null;
        }
        var workload = WorkloadOf(lease) is { } id ? cache.Workload(id) : null;
        // Whose annotation is gone has what a dead run left settled by the policy that it had.
        var name = workload is null ? null : workload.PolicyName ?? CopyReconciler.LastPolicy(cache.Own, workload.Id);
        var policy = name is null ? null : cache.Policy(key.Namespace, name);
        var plan = workload is null || policy is null ? null : assessor.Of(workload with { PolicyName = name }).Plan;
        var outcome = await tending.Tend(lease, workload, policy, plan, cancel);
        Note(key, workload, outcome.Problem);
        return outcome.Again;
    }

    WorkloadId? WorkloadOf(Lease lease) =>
        lease.Metadata.Labels?.GetValueOrDefault(ClusterNames.ForLabel) is { } label ? cache.Labelled(lease.Metadata.Namespace ?? "", label) : null;

    void Note(WorkKey key, ProtectedWorkload? workload, string? problem)
    {
        var found = new Dictionary<WorkloadId, string>();
        if (workload is not null && problem is not null)
            found[workload.Id] = problem;
        foreach (var changed in notes.Put(key, found))
            cache.Tell(ClusterCache.KeyOf(changed));
    }
}
