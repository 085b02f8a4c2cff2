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
sealed record RestoreBegun(RestoreStatus? Status, string? Event, TimeSpan? Again);

/// <summary>Makes the Job of a Restore whose turn it is.</summary>
sealed class RestoreStarting(KubeClient kube, ClusterCache cache, Installation installation, FindBackup backups, TimeProvider time)
{
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
        if (RestoreFinding.Of(restore.Spec, restore.Namespace, backups, cache, installation, problems) is not { } found)
        {
            var now = time.GetUtcNow();
            return now - restore.Created < Patience
                ? new(restore.Status with { Phase = RestorePhase.Pending, Reason = "NotFound", Message = string.Join("; ", problems) }, null, Soon)
                : new(RestoreEnd.Refused(restore.Status, problems, now), "RestoreFailed", null);
        }
        if (TakeTurn(restore, lease, found) is { } why)
            return new(Begun(restore, null, found, null) with { Phase = RestorePhase.Queued, Reason = "Queued", Message = why }, "RestoreQueued", Later);
        // The truth: what is over is never begun again, whatever a watch has told so far.
        if (await kube.Get(RestoreObject.Resource, restore.Namespace, restore.Name, cancel) is not { } there || RestoreReader.Read(there) is not { IsBeingDeleted: false, Status: { IsOver: false, Job: null } } current || current.Uid != restore.Uid)
        {
            Forget(restore);
            return new(null, null, Soon);
        }
        var job = RestoreRun.JobFor(restore, found);
        try
        {
            await kube.Create(RestoreEvidence.Jobs, job.Body.Deserialize(RestoreEvidence.Jobs.Json)!, cancel);
        }
        catch (KubeException made) when (made.IsAlreadyExists)
        {
            // By us, before a restart, or by the leader before us.
        }
        catch (KubeException refused)
        {
            Forget(restore);
            if (refused.IsTransient)
                throw;
            return new(Begun(restore, null, found, null) with { Phase = RestorePhase.Pending, Reason = "JobRefused", Message = $"Job \"{job.Name}\" was refused: {refused.Message}" }, "RestoreQueued", Later);
        }
        return new(Begun(restore, job.Name, found, time.GetUtcNow()) with { Message = $"Job \"{job.Name}\" restores into claim \"{found.Target.Claim.Name}\"" }, "RestoreStarted", null);
    }

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
