using BackupRunner.Kube;

namespace BackupRunner.Webhook.Workloads;

/// <summary>How others point at a workload.</summary>
public static class WorkloadReference
{
    /// <summary>For Events.</summary>
    public static ObjectReference Reference(this ProtectedWorkload workload) => new()
    {
        ApiVersion = "apps/v1",
        Kind = workload.Id.ApiKind,
        Namespace = workload.Id.Namespace,
        Name = workload.Id.Name,
        Uid = workload.Uid,
    };
}
