namespace BackupRunner.Webhook.Workloads;

/// <summary>A claim that is to be backed up.</summary>
/// <param name="Volume">The pod's volume, for a StatefulSet its claim template.</param>
/// <param name="Pod">Of a StatefulSet: the pod of the claim's ordinal. Null for a Deployment.</param>
/// <param name="Runs">The workload's replicas say that a pod with it runs.</param>
/// <param name="Exists">Or will, once the workload's controller has made it.</param>
/// <param name="AttachesToOneNode">ReadWriteOnce and nothing wider: who mounts it must be on the node of the pod.</param>
/// <param name="Container">The container that has it mounted, the first one.</param>
/// <param name="MountPath">There.</param>
public sealed record ProtectedClaim(
    string Name, string Volume, string? Pod, bool Runs, bool Exists, bool AttachesToOneNode, string Container, string MountPath, string? SubPath);

/// <param name="Problems">Why others cannot be; each a sentence without a full stop that names the claim.</param>
/// <param name="IsUnknownYet">What the problems speak of does not exist yet and may come.</param>
public sealed record SelectedClaims(IReadOnlyList<ProtectedClaim> Claims, IReadOnlyList<string> Problems, IReadOnlyList<string> IsUnknownYet);
