using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Status.Metrics;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Restores;

/// <summary>Does what a Restore asks for, once, and says on it how that goes. What it is about is decided by <see cref="RestoreDecision"/> and its like.</summary>
/// <param name="backups">Those that a Restore may name.</param>
public sealed class RestoreReconciler(KubeClient kube, ClusterCache cache, Installation installation, FindBackup backups, EventRecorder events, RestoreMetrics metrics, TimeProvider time)
{
    /// <summary>Pods change without a word to us.</summary>
    static readonly TimeSpan LookAtPods = TimeSpan.FromSeconds(5);

    /// <summary>A Lease whose holder died changes without a word, too.</summary>
    static readonly TimeSpan LookAtLease = TimeSpan.FromSeconds(30);

    static readonly TimeSpan CacheLag = TimeSpan.FromSeconds(1);

    readonly RestoreWrites writes = new(kube, cache, time);
    readonly RestoreEvidence evidence = new(kube, time);
    readonly RestoreStarting starting = new(kube, cache, installation, backups, new RestoreWrites(kube, cache, time), time);

    /// <returns>When to look again although nothing has changed; null: not before something has.</returns>
    public async Task<TimeSpan?> Reconcile(string space, string name, CancellationToken cancel)
    {
        if (cache.Restores.Find(space, name) is not { } restore)
            return null;
        try
        {
            return await Reconcile(restore, cancel);
        }
        catch (KubeException stale) when (stale.IsConflict || stale.IsNotFound)
        {
            // What was looked at is not what is there any more: its watch tells.
            return CacheLag;
        }
    }

    async Task<TimeSpan?> Reconcile(RestoreObject restore, CancellationToken cancel)
    {
        var job = ClusterNames.OfRestoreJob(restore.Name, restore.Uid);
        var lease = RestoreLease.Of(LeaseName(restore) is { } name ? cache.Lease(restore.Namespace, name) : null, time);
        switch (RestoreDecision.Of(restore, cache.Restores.Job(restore.Namespace, job), lease))
        {
            case RestoreStep.Keep:
                await writes.Finalizer(restore, isSet: true, cancel);
                return null;
            case RestoreStep.Release:
                starting.Forget(restore);
                await writes.Finalizer(restore, isSet: false, cancel);
                return null;
            case RestoreStep.Begin:
                return await Begin(restore, lease, cancel);
            case RestoreStep.Follow follow:
                var status = Identified(restore, job) with { Phase = follow.Phase, Step = follow.Step, Percent = follow.Percent, Reason = follow.Reason, Message = follow.Message };
                await writes.Status(restore, status, cancel);
                return null;
            case RestoreStep.Miss:
                return await Miss(restore, job, lease, cancel);
            case RestoreStep.End:
                await End(restore, job, cache.Restores.Job(restore.Namespace, job), cancel);
                return null;
            case RestoreStep.Settle:
                return await Settle(restore, cancel);
            case RestoreStep.Stop:
                return await Stop(restore, job, lease, cancel);
            default:
                return null;
        }
    }

    async Task<TimeSpan?> Begin(RestoreObject restore, RestoreLease lease, CancellationToken cancel)
    {
        var begun = await starting.Begin(restore, lease, cancel);
        if (begun.Status is { } status)
            await Say(begun.Onto ?? restore, status, begun.Event, cancel);
        return begun.Again;
    }

    /// <summary>Its Job is not known: the watch is behind, or somebody has deleted it.</summary>
    async Task<TimeSpan?> Miss(RestoreObject restore, string job, RestoreLease lease, CancellationToken cancel)
    {
        if (await kube.Get(RestoreEvidence.Jobs, restore.Namespace, job, cancel) is not null)
            return CacheLag;
        if (restore.Status.Reason == RestoreStarting.Making && starting.MayBegin(restore))
            return await Begin(restore, lease, cancel);
        if (!lease.IsHeldBy(job) && !await evidence.HasPods(restore.Namespace, job, cancel))
        {
            await End(restore, job, null, cancel);
            return null;
        }
        await writes.Status(restore, restore.Status with { Phase = RestorePhase.RollingBack, Percent = null, Reason = "JobDeleted", Message = $"Job \"{job}\" was deleted, and its run ends" }, cancel);
        return LookAtPods;
    }

    async Task End(RestoreObject restore, string job, SeenRestoreJob? seen, CancellationToken cancel)
    {
        var status = Identified(restore, job);
        var (lease, left) = LeaseName(restore) is { } name ? await evidence.OfLease(restore.Namespace, name, cancel) : (RestoreLease.Free, null);
        // The Lease tells of a run whose pod is gone; one from before says nothing about this.
        var report = await evidence.OfPods(restore.Namespace, job, cancel) ?? (left is not null && left.End >= status.Started && (left.Id is null || status.Backup is null || left.Id == status.Backup) ? left : null);
        var end = new SeenEnd(seen is null ? null : seen.State == RestoreJobState.Succeeded, seen?.Why, report, lease.IsUnsettled);
        var ended = RestoreEnd.Of(status, end, time.GetUtcNow());
        await Say(restore, ended, ended.Phase == RestorePhase.Succeeded ? "RestoreSucceeded" : "RestoreFailed", cancel);
    }

    async Task<TimeSpan?> Settle(RestoreObject restore, CancellationToken cancel)
    {
        var (lease, report) = LeaseName(restore) is { } name ? await evidence.OfLease(restore.Namespace, name, cancel) : (RestoreLease.Free, null);
        // Whether its holder lives is known of the Lease that the watch tells of, not of this one, which was seen for the first time just now.
        if (lease.IsUnsettled)
            return LookAtLease;
        var settled = RestoreEnd.Settled(restore.Status, report);
        await Say(restore, settled, settled.Phase == RestorePhase.Succeeded ? "RestoreSucceeded" : "RestoreFailed", cancel);
        return null;
    }

    /// <summary>Its Job goes, whose pod puts the old data back; when nothing of it runs any more, and nothing is left stopped, it may go.</summary>
    async Task<TimeSpan?> Stop(RestoreObject restore, string job, RestoreLease lease, CancellationToken cancel)
    {
        var there = await kube.Get(RestoreEvidence.Jobs, restore.Namespace, job, cancel);
        if (there is { Metadata.DeletionTimestamp: null })
            await kube.Delete(RestoreEvidence.Jobs, restore.Namespace, job, new DeleteOptions { Uid = there.Metadata.Uid, Propagation = Propagation.Background }, cancel);
        var hasBegun = there is not null || restore.Status.Job is not null;
        if (!hasBegun || RestoreDecision.WaitsFor(restore.Status, job, await evidence.HasPods(restore.Namespace, job, cancel), lease) is not { } why)
        {
            starting.Forget(restore);
            await writes.Finalizer(restore, isSet: false, cancel);
            return null;
        }
        var status = Identified(restore, job);
        await writes.Status(restore, (status.IsOver ? status : status with { Phase = RestorePhase.RollingBack, Percent = null }) with { Reason = "Deleting", Message = why }, cancel);
        return LookAtPods;
    }

    /// <summary>With what is known since its Job was made, if the write of that did not get through.</summary>
    RestoreStatus Identified(RestoreObject restore, string job)
    {
        if (restore.Status is { Job: not null, Claim: not null })
            return restore.Status;
        var found = RestoreFinding.Of(restore.Spec, restore.Namespace, restore.Created, backups, cache, installation, []);
        return RestoreStarting.Begun(restore, job, found, cache.Restores.Job(restore.Namespace, job)?.Created ?? time.GetUtcNow());
    }

    string? LeaseName(RestoreObject restore) => RestoreQueue.TargetOf(restore, backups) is { } target ? ClusterNames.OfRestore(target.Kind, target.Name) : null;

    /// <summary>On the Restore and, as an Event, on the workload, too. First the Event: the status is written once.</summary>
    async Task Say(RestoreObject restore, RestoreStatus status, string? reason, CancellationToken cancel)
    {
        if (reason is not null && (status.Phase, status.Reason, status.Message) != (restore.Status.Phase, restore.Status.Reason, restore.Status.Message))
        {
            var type = reason == "RestoreFailed" ? EventRecorder.Warning : EventRecorder.Normal;
            await events.Record(restore.Reference, type, reason, status.DataMessage is null ? status.Message! : $"{status.Message}; {status.DataMessage}", cancel);
            if (RestoreQueue.TargetOf(restore, backups) is { } id && cache.Workload(id) is { } workload)
                await events.Record(workload.Reference(), type, reason, $"Restore \"{restore.Name}\": {status.Message}", cancel);
        }
        if (await writes.Status(restore, status, cancel) && status is { IsOver: true, Completed: { } completed } && !restore.Status.IsOver && RestoreQueue.TargetOf(restore, backups) is { } target)
            metrics.Ended(target.Namespace, target.ApiKind, target.Name, status.Phase == RestorePhase.Succeeded, completed, completed - status.Started);
    }
}
