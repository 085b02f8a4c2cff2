using BackupRunner.Keys;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Keys;

/// <summary>A Secret that the runs of one workload mount.</summary>
/// <param name="Mounted">Its name in the workload's namespace: its own, or that of a copy.</param>
/// <param name="Credentials">Every field of it is needed.</param>
/// <param name="Ring">Null: it is for no keys.</param>
public sealed record SecretDemand(ProtectedWorkload Workload, SecretId Source, string Mounted, bool Credentials, RingDemand? Ring)
{
    public bool IsCopy => Source.Namespace != Workload.Id.Namespace;
}

/// <param name="Store">The Secret with the credentials of <see cref="KeyUse.Location"/>, as it is mounted beside the workload; null: there is none.</param>
/// <param name="Cluster">Of the workload in stored paths.</param>
/// <param name="CanBeAudited">Whether a pod elsewhere sees the same store.</param>
public sealed record RingDemand(string KeyField, KeyUse Use, string? Store, string Cluster, bool CanBeAudited);
