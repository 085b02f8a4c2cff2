using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Keys;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Workloads;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>Brings what belongs to one workload to what its annotation and its policy ask for, and says on the workload how that went.</summary>
public sealed partial class WorkloadReconciler(
    KubeClient kube, ClusterCache cache, Assessor assessor, Applier applier, LeaseRemoval leases, CopyReconciler copies, SecretReconciler secrets, RingPlaces places, EventRecorder events, TimeProvider time, ILogger<WorkloadReconciler> log)
{
    /// <summary>Until a run that is at work, or what a dead one left, may be over.</summary>
    static readonly TimeSpan RunsOn = TimeSpan.FromSeconds(30);

    static readonly TimeSpan CacheLag = TimeSpan.FromSeconds(2);

    /// <returns>When to look again although nothing has changed; null: not before something has.</returns>
    /// <exception cref="KubeException">Later it may succeed.</exception>
    public async Task<TimeSpan?> Reconcile(WorkloadId id, CancellationToken cancel)
    {
        if (cache.Workload(id) is not { IsBeingDeleted: false } workload)
            return null;
        if (workload.PolicyName is null)
            return await Withdraw(workload, cancel);
        var assessment = assessor.Of(workload);
        if (assessment.Plan is not { } plan)
        {
            await Say(workload, WorkloadStatus.Unchanged(assessment), cancel);
            return null;
        }
        try
        {
            var demands = secrets.Demands(workload);
            var isBusy = IsBusy(workload.Id);
            var (listed, kept) = await copies.Withdraw(workload.Id, demands.Where(demand => demand.IsCopy).Select(demand => demand.Mounted), isBusy, cancel);
            IReadOnlyList<WantedObject> wanted = [.. WantedObjects.For(plan).Select(one => CopyReconciler.WithNotes(one, plan.Policy.Name, listed)).Select(one => isBusy ? Wider(one) : one)];
            foreach (var one in wanted)
            {
                // The policy says where to store.
                if (await applier.Ensure(one, one.Resource.Plural == "configmaps" ? first => places.Record(demands, first) : _ => Task.CompletedTask, cancel))
                    Wrote(one.Resource.Plural, one.Namespace, one.Name);
            }
            // Now that the account, the policy and the list are there, which audits and copies need.
            secrets.Note(workload.Id, demands);
            var again = await Prune(workload.Id, wanted, [.. plan.Staying, .. plan.StayingVerifications], cancel);
            await Say(workload, WorkloadStatus.Protected(plan, [.. assessment.Problems, .. kept], cache.LeasesFor(workload.Id).Any(lease => lease.IsStopping)), cancel);
            return isBusy ? RunsOn : again;
        }
        catch (RefusedObjectException refused)
        {
            await Say(workload, WorkloadStatus.Failed(refused.Message), cancel);
            throw;
        }
    }

    /// <summary>Its annotation is gone, and with it everything that was made for it; not while a run still needs it.</summary>
    async Task<TimeSpan?> Withdraw(ProtectedWorkload workload, CancellationToken cancel)
    {
        var there = cache.Own.For(workload.Id.Namespace, workload.Id.Label);
        var made = secrets.CopiesOf(workload.Id);
        if (there.Count == 0 && made.Count == 0)
            return null;
        // What is deleted is gone: the cache may be behind.
        var now = await kube.Get(workload.Id.Resource, workload.Id.Namespace, workload.Id.Name, cancel);
        if (now?.Metadata.Annotations?.ContainsKey(ClusterNames.PolicyAnnotation) == true)
            return CacheLag;
        if (IsBusy(workload.Id) || !await leases.Remove(there.Where(one => one.Key.Plural == "leases"), cancel))
            return RunsOn;
        if (there.Count(one => one.Key.Plural == "cronjobs") is > 0 and var backups)
            await events.Record(workload.Reference(), EventRecorder.Warning, "Unprotected", Unprotected(backups), cancel);
        foreach (var problem in await copies.WithdrawAll(workload.Id, made, cancel))
            await events.Record(workload.Reference(), EventRecorder.Warning, "CopyKept", problem, cancel);
        secrets.Note(workload.Id, []);
        return await Prune(workload.Id, [], [], cancel);
    }

    /// <summary>Said before anything goes: it may be a slip of somebody's.</summary>
    static string Unprotected(int backups) =>
        $"annotation \"{ClusterNames.PolicyAnnotation}\" is gone, and with it {(backups == 1 ? "1 CronJob" : $"{backups} CronJobs")}: nothing of this workload is backed up any more; the backups in the store stay";

    WantedObject Wider(WantedObject one) => WiderRole.Of(one, cache.Own.Find(new ObjectKey(one.Resource.Plural, one.Namespace, one.Name)));

    bool IsBusy(WorkloadId id) => cache.LeasesFor(id).Any(lease => lease.IsHeld(time) || lease.IsUnsettled);

    /// <summary>Removes what is ours and not wanted, but for what a run that is at work may need, or what has to be settled first.</summary>
    /// <param name="staying">CronJobs that are not wanted any more and stay all the same, with their Leases.</param>
    async Task<TimeSpan?> Prune(WorkloadId id, IReadOnlyList<WantedObject> wanted, IReadOnlyList<string> staying, CancellationToken cancel)
    {
        var keep = wanted.Select(one => new ObjectKey(one.Resource.Plural, one.Namespace, one.Name)).ToHashSet();
        foreach (var name in staying)
            keep.UnionWith([new ObjectKey("cronjobs", id.Namespace, name), new ObjectKey("leases", id.Namespace, name)]);
        var stale = cache.Own.For(id.Namespace, id.Label).Where(one => !keep.Contains(one.Key)).ToList();
        if (stale.Count == 0)
            return null;
        if (IsBusy(id) || !await leases.Remove(stale.Where(one => one.Key.Plural == "leases"), cancel))
            return RunsOn;
        foreach (var kind in OwnKinds.All.Where(kind => kind.Plural != "leases"))
            foreach (var one in stale.Where(one => one.Key.Plural == kind.Plural))
            {
                await applier.Remove(one, kind, cancel);
                Removed(one.Key.Plural, one.Key.Namespace, one.Key.Name);
            }
        return null;
    }

    /// <summary>On the workload, once: as its annotation, and as an Event when that is new.</summary>
    async Task Say(ProtectedWorkload workload, WorkloadStatus status, CancellationToken cancel)
    {
        if (workload.Annotations.GetValueOrDefault(ClusterNames.StatusAnnotation) == status.Text)
            return;
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [ClusterNames.StatusAnnotation] = status.Text } },
        };
        // First, since it can be said also where somebody's webhook refuses to have the workload changed.
        await events.Record(workload.Reference(), status.IsGood ? EventRecorder.Normal : EventRecorder.Warning, status.Reason, status.Text, cancel);
        await kube.MergePatch(workload.Id.Resource, workload.Id.Namespace, workload.Id.Name, patch, cancel);
        Said(workload.Id.Namespace, workload.Id.Name, workload.Id.Kind, status.Text);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "wrote {Kind} {Namespace}/{Name}")]
    partial void Wrote(string kind, string @namespace, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "removed {Kind} {Namespace}/{Name}")]
    partial void Removed(string kind, string @namespace, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Kind} {Namespace}/{Name}: {Status}")]
    partial void Said(string @namespace, string name, string kind, string status);
}
