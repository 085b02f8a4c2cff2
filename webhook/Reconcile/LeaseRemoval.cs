using BackupRunner.Kube;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>
/// Deletes Leases before anything else that runs need. A Lease that is gone can be taken by no run, so what is deleted after it is needed by none; one that a run
/// has taken since the watch told of it is a conflict.
/// </summary>
public sealed class LeaseRemoval(KubeClient kube, ClusterCache cache, Applier applier, TimeProvider time)
{
    /// <returns>False: a run holds one, a dead run left something on it, or the watch is behind. Those before it are gone.</returns>
    public async Task<bool> Remove(IEnumerable<OwnObject> leases, CancellationToken cancel)
    {
        foreach (var one in leases)
        {
            var (space, name) = (one.Key.Namespace, one.Key.Name);
            if (await kube.Get(KubeResources.Leases, space, name, cancel) is { } now && now.Metadata.Uid == one.Uid)
            {
                if (cache.Lease(space, name) is not { } known || known.Lease.Metadata.ResourceVersion != now.Metadata.ResourceVersion || known.IsHeld(time) || known.IsUnsettled)
                    return false;
                try
                {
                    await kube.Delete(KubeResources.Leases, space, name, new DeleteOptions { Uid = one.Uid, ResourceVersion = now.Metadata.ResourceVersion }, cancel);
                }
                catch (KubeException taken) when (taken.IsConflict)
                {
                    return false;
                }
            }
            applier.Forget(one);
        }
        return true;
    }
}
