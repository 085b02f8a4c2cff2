using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>What a restore does on its author's behalf, and so what he must be allowed himself.</summary>
static class RestoreRights
{
    /// <summary>It scales the workload to zero and back, by the rights of an account of ours.</summary>
    public static AccessQuestion Stop(WorkloadId id) => new("patch", "apps", id.Resource.Plural, "scale", id.Namespace, id.Name, "which a restore does to stop it");
}
