using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>Everything that decides which objects a protected workload has.</summary>
/// <param name="Policy">One that parses: without problems.</param>
/// <param name="Claims">In order of name.</param>
public sealed record ProtectionPlan(
    ProtectedWorkload Workload, PolicyObject Policy, IReadOnlyList<ProtectedClaim> Claims, MountedSecrets Secrets, Installation Installation)
{
    /// <summary>The names of CronJobs, and of their Leases, that stay as they are: their claims exist and cannot be backed up any more.</summary>
    public IReadOnlyList<string> Staying { get; init; } = [];

    /// <summary>The names of the CronJobs that verify the backups of such claims.</summary>
    public IReadOnlyList<string> StayingVerifications { get; init; } = [];

    /// <summary>That the accounts of the workload may hold, in order.</summary>
    public IEnumerable<string> ClaimLeases => Claims.Select(NameOf).Concat(Staying).Order(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">The policy has problems, and nothing can be planned by it.</exception>
    public BackupPolicy Terms => Policy.Policy ?? throw new InvalidOperationException($"policy {Policy.Namespace}/{Policy.Name} has problems: {string.Join("; ", Policy.Problems)}");

    /// <summary>The ServiceAccount, Role and RoleBinding of backups.</summary>
    public string BackupAccount => ClusterNames.OfBackupAccount(Workload.Id.Kind, Workload.Id.Name);

    /// <summary>The ServiceAccount, Role and RoleBinding of restores.</summary>
    public string RestoreAccount => ClusterNames.OfRestoreAccount(Workload.Id.Kind, Workload.Id.Name);

    public string PolicyConfigMap => ClusterNames.OfPolicyConfigMap(Workload.Id.Kind, Workload.Id.Name);

    /// <summary>The Lease of restores into any of the claims.</summary>
    public string RestoreLease => ClusterNames.OfRestore(Workload.Id.Kind, Workload.Id.Name);

    /// <summary>The CronJob of a claim, and its Lease.</summary>
    public string NameOf(ProtectedClaim claim) => ClusterNames.OfClaim(Workload.Id.Kind, Workload.Id.Name, claim.Name);

    /// <summary>The CronJob that reads the claim's backups back.</summary>
    public string VerificationOf(ProtectedClaim claim) => ClusterNames.OfVerification(Workload.Id.Kind, Workload.Id.Name, claim.Name);

    /// <summary>A backup runs commands of the policy in the workload's pod, and fails without one.</summary>
    public bool BacksUpByCommands => Terms.Settings.Consistency.Enabled || Terms.Commands is { Backup: not null, RunIn: not RunIn.Runner };

    /// <summary>Its backups would fail: it belongs to no pod, as after scaling down, and they need one.</summary>
    public bool IsWithoutPod(ProtectedClaim claim) => BacksUpByCommands && !claim.Runs;

    /// <summary>The container that the runner runs the policy's commands in, chosen as the runner does it.</summary>
    public ContainerShape CommandContainer(ProtectedClaim claim)
    {
        var containers = Workload.Pod.Containers.Where(container => !container.IsSidecar).ToList();
        return containers.Find(container => container.Name == Terms.Settings.Consistency.Container)
            ?? containers.Find(container => container.Name == Workload.Pod.DefaultContainer)
            ?? containers.Find(container => Has(container, claim))
            ?? containers[0];
    }

    /// <summary>The container whose user the claim's files belong to: where commands run, if it has the claim.</summary>
    public ContainerShape OwnerContainer(ProtectedClaim claim) => CommandContainer(claim) is var container && Has(container, claim)
        ? container
        : Workload.Pod.Containers.First(one => one.Name == claim.Container);

    static bool Has(ContainerShape container, ProtectedClaim claim) => container.Mounts.Any(mount => mount.Volume == claim.Volume);

    /// <summary><c>commands.restore</c> is set and runs in a container that is like the workload's.</summary>
    public bool RestoresByScript => Terms.Commands is { Restore: not null, RunIn: not RunIn.Runner };
}

/// <summary>Secrets of the workload's namespace that its runs mount; null: none. Each is the policy's own or a copy of it.</summary>
public sealed record MountedSecrets(string? Credentials, string? Keys);

/// <summary>What is the same for every workload of this cluster.</summary>
/// <param name="RunnerImage">Of the runs' containers.</param>
/// <param name="Cluster">In stored paths where a policy does not say: the UID of namespace kube-system.</param>
public sealed record Installation(string RunnerImage, string Cluster)
{
    /// <summary>Where the webhook may read Secrets.</summary>
    public IReadOnlyCollection<string> SecretNamespaces { get; init; } = [];

    /// <summary>The user that the API server knows this program by: <c>system:serviceaccount:backup-system:backup-webhook</c>.</summary>
    public string Account { get; init; } = "";

    /// <summary>Namespaces whose workloads and Jobs admission is not asked about, and which nothing is therefore made in.</summary>
    public IReadOnlyCollection<string> Unreviewed { get; init; } = [];
}
