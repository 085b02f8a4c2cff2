using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Recovery;

/// <summary>
/// Looks after the Leases of runs that were killed: thaws what they left frozen, and has the restores finished that left a workload stopped. For the
/// leader, called for each Lease of ours that it is told of, and again when the outcome says; never twice at once for the same Lease.
/// </summary>
/// <param name="instance">This replica's pod.</param>
public sealed class LeaseTending(KubeClient kube, EventRecorder events, string instance, TimeProvider time)
{
    /// <summary>
    /// So long after it has started the workload itself a restore that was cut short is still finished. Later the workload has written what putting the old data
    /// back, should it not be healthy in that hour, would lose.
    /// </summary>
    public static readonly TimeSpan OwnStart = TimeSpan.FromMinutes(30);

    readonly LeaseMemory memory = new(time);
    readonly Thawing thawing = new(kube, events, instance, time);
    readonly Resuming resuming = new(kube, events);

    /// <param name="lease">As last seen; it is read again where it asks for something.</param>
    /// <param name="workload">That the Lease is for; null: it is gone, and the Lease goes after it.</param>
    /// <param name="policy">Today's; null: none.</param>
    /// <param name="plan">Null: none can be made, of want of a policy or for its problems.</param>
    /// <exception cref="KubeException">The API server cannot be had, or refuses: to be called again, after a while.</exception>
    public async Task<RecoveryOutcome> Tend(Lease lease, ProtectedWorkload? workload, PolicyObject? policy, ProtectionPlan? plan, CancellationToken cancel)
    {
        if (workload is null || lease.Metadata.DeletionTimestamp is not null || Next(lease, workload, isDead: false) == LeaseStep.Nothing)
        {
            memory.Forget(lease);
            return RecoveryOutcome.Done;
        }
        // The truth, not what a watch has told: a holder is dead only if the server has shown it unchanged all the time.
        if (await kube.Get(KubeResources.Leases, workload.Id.Namespace, lease.Metadata.Name, cancel) is not { } now)
        {
            memory.Forget(lease);
            return RecoveryOutcome.Done;
        }
        var remembered = memory.Of(now);
        remembered.Watch.Look(LeaseHolding.Of(now));
        var facts = Facts(now, workload, remembered.Watch.IsDead);
        switch (LeaseRecovery.Next(facts))
        {
            case LeaseStep.Watch:
                return new(remembered.Watch.Pause, remembered.Problem);
            case LeaseStep.Thaw:
                return await thawing.Tend(now, facts, remembered, workload, policy, cancel);
            case LeaseStep.Resume:
                return await resuming.Tend(now, facts with { IsInUse = await IsInUse(facts, workload.Id, cancel) }, remembered, workload, plan, cancel);
            case LeaseStep.Forget:
                memory.Forget(now);
                await resuming.Forget(now, cancel);
                return RecoveryOutcome.Done;
            default:
                memory.Forget(now);
                return RecoveryOutcome.Done;
        }
    }

    /// <summary>By the server's word: a Job that stops it is not made on what a watch has told some time ago.</summary>
    async Task<bool> IsInUse(LeaseFacts facts, WorkloadId id, CancellationToken cancel)
    {
        if (facts.Started is { } started && time.GetUtcNow() - started < OwnStart)
            return false;
        return await kube.Get(id.Resource, id.Namespace, id.Name, cancel) is { } now && WorkloadReader.Read(id.Kind, now).Replicas > 0;
    }

    static LeaseStep Next(Lease lease, ProtectedWorkload workload, bool isDead) => LeaseRecovery.Next(Facts(lease, workload, isDead));

    static LeaseFacts Facts(Lease lease, ProtectedWorkload workload, bool isDead) =>
        LeaseFacts.Of(lease, lease.Metadata.Name == ClusterNames.OfRestore(workload.Id.Kind, workload.Id.Name), isDead);
}
