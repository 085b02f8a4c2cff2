using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Backups;

/// <summary>Has a Backup carried out, by one Job a claim, and says in its status how that goes. One that is over is never begun again.</summary>
public sealed class BackupObjectReconciler(KubeClient kube, ClusterCache cache, Assessor assessor, JobOutcomes outcomes, EventRecorder events, TimeProvider time)
{
    /// <summary>What was made in one go with it may not have been seen yet.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    static readonly TimeSpan CacheLag = TimeSpan.FromSeconds(1);

    static readonly KubeResource<KubeObject> Jobs = KubeResources.Any("batch", "v1", "jobs");

    /// <returns>When to look again although nothing has changed; null: not before something has.</returns>
    /// <exception cref="KubeException">Later it may succeed.</exception>
    public async Task<TimeSpan?> Reconcile(string @namespace, string name, CancellationToken cancel)
    {
        if (cache.Catalog.Find(@namespace, name) is not { IsBeingDeleted: false, Record: null, Status.IsOver: false } backup)
            return null;
        try
        {
            return await Reconcile(backup, time.GetUtcNow(), cancel);
        }
        catch (KubeException stale) when (stale.IsConflict || stale.IsNotFound)
        {
            // What was looked at is not what is there any more: its watch tells.
            return CacheLag;
        }
    }

    async Task<TimeSpan?> Reconcile(BackupObject backup, DateTimeOffset now, CancellationToken cancel)
    {
        var workload = cache.Workload(backup.Workload);
        var selection = BackupSelection.Of(backup.Workload, backup.Claim, workload, workload is null ? null : assessor.Of(workload));
        if (backup.Status.Claims.Count == 0 && selection.Problem is { } problem)
        {
            var late = now - backup.Created >= Patience;
            await Say(backup, late ? BackupVerdict.Refused(backup.Status, problem, now) : BackupVerdict.NotYet(backup.Status, problem, now), workload, cancel);
            return late ? null : LookAgain;
        }
        var claims = new List<ClaimBackup>();
        // Which they are is decided once: a replica that comes later is another Backup's.
        IReadOnlyList<ClaimBackup> wanted = backup.Status.Claims.Count > 0 ? backup.Status.Claims : [.. selection.Claims.Select(claim => new ClaimBackup { Claim = claim.Name })];
        foreach (var claim in wanted)
            claims.Add(claim.IsOver ? claim : await Look(backup, claim, selection, now, cancel));
        var status = BackupVerdict.Of(backup.Status, claims, backup.Status.Claims.Count > 0 ? backup.Status.Note : selection.LeftOut, now);
        await Say(backup, status, workload, cancel);
        return status.IsOver ? null : claims.Any(claim => !claim.IsOver && SeenJob(backup, claim.Claim) is null) ? LookAgain : claims.Any(claim => claim.Phase == BackupPhase.Pending) ? BackupReconciler.Patience : null;
    }

    /// <summary>Null: none was made, or the watch has not told of it yet, or not of its end.</summary>
    SeenBackup? SeenJob(BackupObject backup, string claim) =>
        cache.BackupJobs.Find(backup.Namespace, ClusterNames.OfRun(backup.Name, backup.Uid, claim)) is { } seen && seen.Owner.Uid == backup.Uid ? seen : null;

    async Task<ClaimBackup> Look(BackupObject backup, ClaimBackup claim, BackupSelection selection, DateTimeOffset now, CancellationToken cancel)
    {
        var job = ClusterNames.OfRun(backup.Name, backup.Uid, claim.Claim);
        if (SeenJob(backup, claim.Claim) is { } seen)
        {
            return seen.IsOver
                ? ClaimProgress.Ended(claim, seen, await outcomes.Of(seen, cancel))
                : ClaimProgress.Running(claim, seen, cache.Lease(backup.Namespace, ClusterNames.OfClaim(backup.Workload.Kind, backup.Workload.Name, claim.Claim)), now);
        }
        if (claim.Job is not null)
            return await kube.Get(Jobs, backup.Namespace, job, cancel) is { } there && IsOf(there, backup) ? claim : ClaimProgress.Vanished(claim, now);
        if (selection.Plan is not { } plan || selection.Claims.FirstOrDefault(one => one.Name == claim.Claim) is not { } planned)
            return claim with { Phase = BackupPhase.Failed, Completed = now, Message = selection.Problem ?? $"claim \"{claim.Claim}\" cannot be backed up any more" };
        // It is the last of what a claim gets: without the others a run would fail.
        if (cache.Own.Find(new ObjectKey("cronjobs", backup.Namespace, plan.NameOf(planned))) is null)
            return claim with { Message = $"CronJob \"{plan.NameOf(planned)}\" is not there yet; annotation {ClusterNames.StatusAnnotation} of the workload says why if it stays away" };
        return await Begin(backup, claim with { Message = null }, BackupJob.For(plan, planned, job, Owner(backup)), now, cancel);
    }

    async Task<ClaimBackup> Begin(BackupObject backup, ClaimBackup claim, WantedObject job, DateTimeOffset now, CancellationToken cancel)
    {
        try
        {
            await kube.Create(Jobs, job.Body.Deserialize(Jobs.Json)!, cancel);
        }
        catch (KubeException made) when (made.IsAlreadyExists)
        {
            // By us, before a restart, or by the leader before us.
            if (await kube.Get(Jobs, backup.Namespace, job.Name, cancel) is { } there && !IsOf(there, backup))
                return claim with { Phase = BackupPhase.Failed, Completed = now, Message = $"Job \"{job.Name}\" exists and is another's; make a Backup of another name" };
        }
        catch (KubeException refused) when (!refused.IsTransient)
        {
            return claim with { Phase = BackupPhase.Failed, Completed = now, Message = $"the API server refuses its Job: {refused.Status.Message}" };
        }
        return claim with { Job = job.Name };
    }

    async Task Say(BackupObject backup, BackupStatus status, ProtectedWorkload? workload, CancellationToken cancel)
    {
        if (status.Equals(backup.Status))
            return;
        if (status.Phase != backup.Status.Phase && Told(backup, status) is (var type, var reason, var message))
        {
            await events.Record(backup.Reference, type, reason, message, cancel);
            if (workload is not null)
                await events.Record(workload.Reference(), type, reason, $"Backup \"{backup.Name}\": {message}", cancel);
        }
        var now = await kube.MergePatch(BackupObject.Resource.OfStatus(), backup.Namespace, backup.Name, BackupStatusJson.Patch(backup, status), cancel);
        // Before the watch tells of it: a Job that is gone by then must not be made again.
        if (BackupObjectReader.Read(now) is { } read)
            cache.Put(read);
    }

    static (string Type, string Reason, string Message)? Told(BackupObject backup, BackupStatus status) => status.Phase switch
    {
        BackupPhase.Running => (EventRecorder.Normal, "BackupStarted", $"backs up {status.Claims.Count} {(status.Claims.Count == 1 ? "claim" : "claims")} of {backup.Workload.ApiKind} \"{backup.Workload.Name}\""),
        BackupPhase.Succeeded => (EventRecorder.Normal, "BackupSucceeded", status.Conditions.First(one => one.Type == "Succeeded").Message),
        BackupPhase.Failed => (EventRecorder.Warning, "BackupFailed", status.Conditions.First(one => one.Type == "Failed").Message),
        _ => null,
    };

    static bool IsOf(KubeObject job, BackupObject backup) => job.Metadata.OwnerReferences?.Exists(owner => owner.Uid == backup.Uid) == true;

    static JsonObject Owner(BackupObject backup) => new() { ["apiVersion"] = BackupObject.Resource.ApiVersion, ["kind"] = "Backup", ["name"] = backup.Name, ["uid"] = backup.Uid };
}
