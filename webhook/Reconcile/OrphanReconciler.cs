using BackupRunner.Kube;
using BackupRunner.Names;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>
/// Objects whose workload is not there. What belongs to it, the API server removes with it. What was cut loose (<c>kubectl delete --cascade=orphan</c>, often to make the
/// workload anew in a minute) has some time to be taken up again.
/// </summary>
public sealed class OrphanReconciler(KubeClient kube, ClusterCache cache, Applier applier, LeaseRemoval removal, TimeProvider time)
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    readonly Dictionary<(string Namespace, string Label), long> since = [];
    readonly Lock gate = new();

    public async Task<TimeSpan?> Reconcile(string @namespace, string label, CancellationToken cancel)
    {
        var objects = cache.Own.For(@namespace, label);
        if (objects.Count == 0 || cache.Labelled(@namespace, label) is not null)
        {
            lock (gate)
                since.Remove((@namespace, label));
            return null;
        }
        if (Waits(@namespace, label) is { } rest)
            return rest;
        var leases = objects.Where(one => one.Key.Plural == "leases").Select(one => cache.Lease(@namespace, one.Key.Name)).OfType<SeenLease>();
        if (leases.Any(lease => lease.IsHeld(time) || lease.IsUnsettled) || await IsThere(@namespace, label, cancel))
            return Patience;
        var orphans = objects.Where(one => !one.HasOwner).ToList();
        if (!await removal.Remove(orphans.Where(one => one.Key.Plural == "leases"), cancel))
            return Patience;
        lock (gate)
            since.Remove((@namespace, label));
        foreach (var kind in OwnKinds.All.Where(kind => kind.Plural != "leases"))
            foreach (var one in orphans.Where(one => one.Key.Plural == kind.Plural))
                await applier.Remove(one, kind, cancel);
        return null;
    }

    TimeSpan? Waits(string @namespace, string label)
    {
        lock (gate)
        {
            if (!since.TryGetValue((@namespace, label), out var first))
                since[(@namespace, label)] = first = time.GetTimestamp();
            var rest = Patience - time.GetElapsedTime(first);
            return rest > TimeSpan.Zero ? rest : null;
        }
    }

    /// <summary>Asked of the server itself: what is deleted is gone.</summary>
    async Task<bool> IsThere(string @namespace, string label, CancellationToken cancel)
    {
        foreach (var (kind, resource) in ((string, KubeResource<KubeObject>)[])[(ClusterNames.StatefulSet, ClusterWatch.StatefulSets), (ClusterNames.Deployment, ClusterWatch.Deployments)])
            await foreach (var item in kube.List(resource, @namespace, new ListOptions(), cancel))
                if (ClusterNames.OfWorkload(kind, item.Metadata.Name) == label)
                    return true;
        return false;
    }
}
