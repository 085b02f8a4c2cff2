using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>Everything that decides which objects a protected workload has.</summary>
/// <param name="Claims">In order of name.</param>
public sealed record ProtectionPlan(
    ProtectedWorkload Workload, PolicyObject Policy, IReadOnlyList<ProtectedClaim> Claims, MountedSecrets Secrets, Installation Installation);

/// <summary>Secrets of the workload's namespace that its runs mount; null: none. Each is the policy's own or a copy of it.</summary>
public sealed record MountedSecrets(string? Credentials, string? Keys);

/// <summary>What is the same for every workload of this cluster.</summary>
/// <param name="RunnerImage">Of the runs' containers.</param>
/// <param name="Cluster">In stored paths where a policy does not say: the UID of namespace kube-system.</param>
public sealed record Installation(string RunnerImage, string Cluster);
