using System.Collections.Concurrent;
using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Webhook.Restores;

/// <summary>What came of a look whether a Restore can begin.</summary>
/// <param name="Status">Null: as it is.</param>
/// <param name="Event">A reason, in CamelCase; null: none.</param>
/// <param name="Onto">What the status is to be written onto; null: what was looked at.</param>
sealed record RestoreBegun(RestoreStatus? Status, string? Event, TimeSpan? Again, RestoreObject? Onto = null);

/// <summary>Makes the Job of a Restore whose turn it is.</summary>
sealed class RestoreStarting(KubeClient kube, ClusterCache cache, Installation installation, FindBackup backups, RestoreWrites writes, TimeProvider time)
{
    /// <summary>The Job's name stands in the status, and the Job has not been seen yet.</summary>
    public const string Making = "MakingJob";

    /// <summary>So long after that the Job may be made (again). Later it may have been there, and gone by its time to live: the restore would be done twice.</summary>
    public static readonly TimeSpan MakingLimit = TimeSpan.FromHours(1);

    /// <summary>What admission has seen may not have been told to this replica yet.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    static readonly TimeSpan Later = TimeSpan.FromSeconds(30);

    readonly Lock gate = new();

    /// <summary>Those whose Job is being made, or was, and may not be told by the watches yet.</summary>
    readonly ConcurrentDictionary<string, byte> begun = new();

    public void Forget(RestoreObject restore) => begun.TryRemove(restore.Uid, out _);

    public async Task<RestoreBegun> Begin(RestoreObject restore, RestoreLease lease, CancellationToken cancel)
    {
        var problems = new List<string>();
        if (RestoreFinding.Of(restore.Spec, restore.Namespace, restore.Created, backups, cache, installation, problems) is not { } found)
        {
            var now = time.GetUtcNow();
            return now - restore.Created < Patience
                ? new(restore.Status with { Phase = RestorePhase.Pending, Reason = "NotFound", Message = string.Join("; ", problems) }, null, Soon)
                : new(RestoreEnd.Refused(restore.Status, problems, now), "RestoreFailed", null);
        }
        if (TakeTurn(restore, lease, found) is { } why)
            return new(Begun(restore, null, found, null) with { Phase = RestorePhase.Queued, Reason = "Queued", Message = why }, "RestoreQueued", Later);
        // The truth: what is over is never begun again, whatever a watch has told so far.
        if (await kube.Get(RestoreObject.Resource, restore.Namespace, restore.Name, cancel) is not { } there || RestoreReader.Read(there) is not { IsBeingDeleted: false, Status.IsOver: false } current || current.Uid != restore.Uid || !MayBegin(current))
        {
            Forget(restore);
            return new(null, null, Soon);
        }
        var job = RestoreRun.JobFor(restore, found);
        // First: if the status cannot be written, nothing is restored, as a Job that nobody has noted would be made again when it is gone.
        await writes.Status(current, Begun(current, job.Name, found, time.GetUtcNow()) with { Phase = RestorePhase.Pending, Reason = Making, Message = $"makes Job \"{job.Name}\"" }, cancel);
        current = cache.Restores.Find(restore.Namespace, restore.Name) ?? current;
        try
        {
            await kube.Create(RestoreEvidence.Jobs, job.Body.Deserialize(RestoreEvidence.Jobs.Json)!, cancel);
        }
        catch (KubeException made) when (made.IsAlreadyExists)
        {
            // By us, before a restart, or by the leader before us.
            if (await kube.Get(RestoreEvidence.Jobs, restore.Namespace, job.Name, cancel) is { } other && other.Metadata.OwnerReferences?.Exists(owner => owner.Uid == restore.Uid) != true)
                return new(RestoreEnd.Refused(current.Status with { Job = null }, [$"Job \"{job.Name}\" exists and is another's"], time.GetUtcNow()), "RestoreFailed", null, current);
        }
        catch (KubeException refused)
        {
            Forget(restore);
            if (refused.IsTransient)
                throw;
            return new(current.Status with { Job = null, Phase = RestorePhase.Pending, Reason = "JobRefused", Message = $"Job \"{job.Name}\" was refused: {refused.Message}" }, "RestoreQueued", Later, current);
        }
        return new(current.Status with { Phase = RestorePhase.Preparing, Reason = "Starting", Message = $"Job \"{job.Name}\" restores into claim \"{found.Target.Claim.Name}\"" }, "RestoreStarted", null, current);
    }

    /// <summary>It has no Job yet, for all that is known.</summary>
    public bool MayBegin(RestoreObject restore) =>
        restore.Status.Job is null || restore.Status is { Reason: Making, Started: { } noted } && time.GetUtcNow() - noted < MakingLimit;

    /// <param name="job">Null: there is none yet.</param>
    /// <param name="found">Null: what was found then is not there any more.</param>
    public static RestoreStatus Begun(RestoreObject restore, string? job, RestoreFinding? found, DateTimeOffset? at) => restore.Status with
    {
        Phase = RestorePhase.Preparing,
        Reason = "Starting",
        Job = job ?? restore.Status.Job,
        Started = restore.Status.Started ?? at,
        Workload = found is null ? restore.Status.Workload : $"{found.Target.Plan.Workload.Id.ApiKind}/{found.Target.Plan.Workload.Id.Name}",
        Claim = found?.Target.Claim.Name ?? restore.Status.Claim,
        Backup = found?.Id ?? restore.Status.Backup,
    };

    /// <summary>One at a time: two that were told at once would not see each other begin.</summary>
    /// <returns>Why it waits; null: it is its turn, and stays so.</returns>
    string? TakeTurn(RestoreObject restore, RestoreLease lease, RestoreFinding found)
    {
        lock (gate)
        {
            if (RestoreQueue.Before(restore, cache.Restores.Open(restore.Namespace), backups, HasBegun) is { } before)
                return $"waits for Restore \"{before.Name}\" into the same workload";
            if (RestoreQueue.Held(lease, found.Target.Claim.Name) is { } held)
                return held;
            begun[restore.Uid] = 0;
            return null;
        }
    }

    bool HasBegun(RestoreObject restore) => restore.Status.Job is not null || begun.ContainsKey(restore.Uid)
        || cache.Restores.Job(restore.Namespace, ClusterNames.OfRestoreJob(restore.Name, restore.Uid)) is not null;
}
