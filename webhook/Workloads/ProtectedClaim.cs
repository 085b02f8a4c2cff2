namespace BackupRunner.Webhook.Workloads;

/// <summary>A claim that is to be backed up.</summary>
/// <param name="Volume">The pod's volume, for a StatefulSet its claim template.</param>
/// <param name="Pod">Of a StatefulSet: the pod of the claim's ordinal. Null for a Deployment, and for a claim that all pods share.</param>
/// <param name="Runs">The workload's replicas say that a pod with it runs.</param>
/// <param name="Exists">Or will, once the workload's controller has made it.</param>
/// <param name="AttachesToOneNode">ReadWriteOnce and not ReadWriteMany: who mounts it must be on the node of the pod.</param>
/// <param name="Container">The container that has it mounted: the default one if it has, else the first.</param>
/// <param name="MountPath">Where a container shows all that the workload has of it.</param>
public sealed record ProtectedClaim(
    string Name, string Volume, string? Pod, bool Runs, bool Exists, bool AttachesToOneNode, string Container, string MountPath, string? SubPath)
{
    /// <summary>ReadOnlyMany and nothing else: nothing can be restored into it.</summary>
    public bool IsReadOnly { get; init; }
}
