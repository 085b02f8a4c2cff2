using BackupRunner.Webhook.Backups;
using BackupRunner.Webhook.Keys;
using BackupRunner.Webhook.Restores;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>Who looks at what.</summary>
public sealed class ReconcileSteps(
    ClusterCache cache, WorkloadReconciler workloads, OrphanReconciler orphans, PolicyReconciler policies, LeaseReconciler leases, SecretReconciler secrets,
    BackupReconciler backups, BackupObjectReconciler requested, CatalogReconciler catalog, RestoreReconciler restores)
{
    /// <summary>Every thing that there is to look at.</summary>
    public IEnumerable<WorkKey> Everything() => [.. cache.Everything(), .. secrets.Everything()];

    /// <returns>When to look again although nothing has changed; null: not before something has.</returns>
    public async Task<TimeSpan?> Of(WorkKey key, CancellationToken cancel)
    {
        switch (key.Kind)
        {
            case WorkKind.Workload:
                var kindAndName = key.Name.Split('/');
                return await workloads.Reconcile(new WorkloadId(kindAndName[0], key.Namespace, kindAndName[1]), cancel);
            case WorkKind.Orphans:
                return await orphans.Reconcile(key.Namespace, key.Name, cancel);
            case WorkKind.Policy:
                await policies.Reconcile(key.Namespace, key.Name, cancel);
                return null;
            case WorkKind.Lease:
                return await leases.Reconcile(key, cancel);
            case WorkKind.Backups:
                return backups.Reconcile(key);
            case WorkKind.Backup:
                return await requested.Reconcile(key.Namespace, key.Name, cancel);
            case WorkKind.Catalog:
                await catalog.Reconcile(key.Namespace, key.Name, cancel);
                return null;
            case WorkKind.Restore:
                return await restores.Reconcile(key.Namespace, key.Name, cancel);
            case WorkKind.Secret:
                return await secrets.Reconcile(new SecretId(key.Namespace, key.Name), cancel);
            default:
                throw new InvalidOperationException($"nobody looks at {key}");
        }
    }
}
