using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Backups;

/// <summary>
/// Keeps the Backups of one claim as its store is: by what the last run reported on the claim's Lease, so that what happened while nobody looked is made up for. A run
/// that failed gets a record too, for a week, and for as long as no later one has ended.
/// </summary>
public sealed class CatalogReconciler(KubeClient kube, ClusterCache cache, JobOutcomes outcomes, EventRecorder events, TimeProvider time)
{
    static readonly TimeSpan CacheLag = TimeSpan.FromSeconds(1);

    /// <summary>Of the record of a failure, once a later run has ended: as long as its Job.</summary>
    static readonly TimeSpan FailuresStay = TimeSpan.FromDays(7);

    /// <param name="cronJob">Of the claim; its Lease has the same name.</param>
    /// <returns>When to look again although nothing has changed; null: not before something has.</returns>
    /// <exception cref="KubeException">Later it may succeed.</exception>
    public async Task<TimeSpan?> Reconcile(string @namespace, string cronJob, CancellationToken cancel)
    {
        try
        {
            await Look(@namespace, cronJob, cancel);
            return null;
        }
        catch (KubeException stale) when (stale.IsConflict || stale.IsNotFound)
        {
            // What was looked at is not what is there any more: its watch tells.
            return CacheLag;
        }
    }

    async Task Look(string @namespace, string cronJob, CancellationToken cancel)
    {
        if (cache.Own.Find(new ObjectKey("cronjobs", @namespace, cronJob)) is not { } own || cache.Labelled(@namespace, own.Label) is not { } id)
            return;
        var known = cache.Catalog.Of(@namespace, cronJob);
        if (cache.Lease(@namespace, cronJob)?.Report is { } report && ClusterNames.OfClaim(id.Kind, id.Name, report.Claim) == cronJob)
        {
            var running = known.Any(backup => backup is { Record: null, Status.IsOver: false });
            foreach (var change in CatalogChange.Of(report.Claim, known, report, running))
                await Make(id, report.Claim, change, cancel);
        }
        if (cache.Backups.Of(@namespace, cronJob).FirstOrDefault(job => job.State == BackupState.Failed) is { } failed
            && failed.Owner.Uid == own.Uid && failed.Label == own.Label && ClusterNames.OfClaim(id.Kind, id.Name, failed.Claim) == cronJob)
            await RecordFailure(id, failed, known, cancel);
        foreach (var old in known.Where(backup => backup is { Record.Job: not null, IsBeingDeleted: false } && backup.Status.Claims is [{ Completed: { } ended } claim] && IsHistory(claim.Claim, ended, known)))
            await Remove(old, cancel);
        await Verified(id, @namespace, cronJob, known, cancel);
    }

    async Task Make(WorkloadId id, string claim, CatalogChange change, CancellationToken cancel)
    {
        switch (change)
        {
            case CatalogChange.Add add:
                var name = ClusterNames.OfRecord(id.Kind, id.Name, claim, BackupId.Parse(add.Backup.Id!)!);
                await Record(id, name, claim, new JsonObject { ["id"] = add.Backup.Id }, add.Backup, cancel);
                if (add.Backup.Completed is not null && cache.Workload(id) is { } workload)
                    await events.Record(workload.Reference(), EventRecorder.Normal, "BackupSucceeded", $"claim \"{claim}\": a backup is stored", cancel);
                break;
            case CatalogChange.Fill fill:
                await Write(fill.Record, [fill.Backup], cancel);
                break;
            case CatalogChange.Mark mark:
                await Change(mark.Backup, one => one.Claim == claim ? one with { IsGone = true } : one, cancel);
                break;
            case CatalogChange.Remove remove:
                await Remove(remove.Backup, cancel);
                break;
        }
    }

    async Task Remove(BackupObject backup, CancellationToken cancel)
    {
        await kube.Delete(BackupObject.Resource, backup.Namespace, backup.Name, new DeleteOptions { Uid = backup.Uid }, cancel);
        cache.RemoveCatalogued(backup.Namespace, backup.Name);
    }

    async Task RecordFailure(WorkloadId id, SeenBackup job, IReadOnlyList<BackupObject> known, CancellationToken cancel)
    {
        var name = ClusterNames.OfFailure(job.Owner.Name, job.Uid);
        var there = known.FirstOrDefault(backup => backup.Name == name);
        if (there?.Status.IsOver == true || there is null && IsHistory(job.Claim, job.Ended ?? job.Since, known))
            return;
        var claim = ClaimProgress.Ended(new ClaimBackup { Claim = job.Claim, Started = job.Since }, job, await outcomes.Of(job, cancel));
        if (there is null)
            await Record(id, name, job.Claim, new JsonObject { ["job"] = job.Name }, claim, cancel);
        else
            await Write(there, [claim], cancel);
        if (cache.Workload(id) is { } workload)
            await events.Record(workload.Reference(), EventRecorder.Warning, "BackupFailed", $"claim \"{job.Claim}\": {claim.Message}", cancel);
    }

    /// <summary>A failure of long ago, after which others have ended.</summary>
    bool IsHistory(string claim, DateTimeOffset failed, IReadOnlyList<BackupObject> known) =>
        time.GetUtcNow() - failed > FailuresStay && known.SelectMany(backup => backup.Status.Claims).Any(one => one.Claim == claim && one.IsOver && (one.Completed ?? one.Started) > failed);

    async Task Record(WorkloadId id, string name, string claim, JsonObject record, ClaimBackup told, CancellationToken cancel)
    {
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = id.Namespace, ["labels"] = Labels(id, claim) };
        var item = new JsonObject
        {
            ["apiVersion"] = BackupObject.Resource.ApiVersion,
            ["kind"] = "Backup",
            ["metadata"] = metadata,
            ["spec"] = new JsonObject { ["workload"] = new JsonObject { ["kind"] = id.ApiKind, ["name"] = id.Name }, ["claim"] = claim, ["record"] = record },
        };
        try
        {
            var made = await kube.Create(BackupObject.Resource, item.Deserialize(BackupObject.Resource.Json)!, cancel);
            if (BackupObjectReader.Read(made) is { } read)
                await Write(read, [told], cancel);
        }
        catch (KubeException there) when (there.IsAlreadyExists)
        {
            // The watch has not told of it yet; if its status is missing, it is written when it has.
        }
        catch (KubeException ends) when (ends.Status.Details?.Causes?.Exists(cause => cause.Reason == "NamespaceTerminating") == true)
        {
            // The namespace is being deleted, and all records with it.
        }
    }

    Task<KubeObject> Write(BackupObject backup, IReadOnlyList<ClaimBackup> claims, CancellationToken cancel) => kube.MergePatch(
        BackupObject.Resource.OfStatus(), backup.Namespace, backup.Name, BackupStatusJson.Patch(backup, BackupVerdict.Of(backup.Status, claims, backup.Status.Note, time.GetUtcNow())), cancel);

    /// <summary>Of one that is over, which it stays.</summary>
    Task<KubeObject> Change(BackupObject backup, Func<ClaimBackup, ClaimBackup> now, CancellationToken cancel) => kube.MergePatch(
        BackupObject.Resource.OfStatus(), backup.Namespace, backup.Name, BackupStatusJson.Patch(backup, backup.Status with { Claims = [.. backup.Status.Claims.Select(now)] }), cancel);

    /// <summary>What the last verification of the claim that has ended found, on the Backup that it read.</summary>
    async Task Verified(WorkloadId id, string space, string cronJob, IReadOnlyList<BackupObject> known, CancellationToken cancel)
    {
        var claims = known.SelectMany(backup => backup.Status.Claims).Select(one => one.Claim).Where(claim => ClusterNames.OfClaim(id.Kind, id.Name, claim) == cronJob).Distinct();
        foreach (var claim in claims)
        {
            var verifications = ClusterNames.OfVerification(id.Kind, id.Name, claim);
            if (cache.Backups.Of(space, verifications).FirstOrDefault(job => job.IsOver) is not { Ended: { } ended } job || job.Claim != claim
                || cache.Own.Find(new ObjectKey("cronjobs", space, verifications))?.Uid != job.Owner.Uid || known.SelectMany(backup => backup.Status.Claims).Any(one => one.Claim == claim && (one.Verified == ended || one.VerificationFailed == ended)))
                continue;
            if ((await outcomes.Of(job, cancel)) is not { Message: { Verb: "verify", Id: { } read } } outcome)
                continue;
            var backup = known.FirstOrDefault(one => one.Status.IsOver && one.Status.Claims.Any(part => part.Claim == claim && part.Id == read));
            if (backup is not null)
                await Change(backup, one => one.Claim == claim && one.Id == read ? With(one, job, outcome, ended) : one, cancel);
        }
    }

    static ClaimBackup With(ClaimBackup backup, SeenBackup job, RunOutcome outcome, DateTimeOffset ended) => job.State == BackupState.Succeeded
        ? backup with { Verified = ended, Verification = outcome.Message?.Verification ?? "checksum", VerificationFailed = null, VerificationMessage = null }
        : backup with { VerificationFailed = ended, VerificationMessage = outcome.Failure(job) };

    static JsonObject Labels(WorkloadId id, string claim)
    {
        var labels = new JsonObject { [ClusterNames.AppLabel] = ClusterNames.App, [ClusterNames.ForLabel] = id.Label };
        if (claim.Length <= ClusterNames.MaxLabelLength)
            labels[ClusterNames.ClaimLabel] = claim;
        return labels;
    }
}
