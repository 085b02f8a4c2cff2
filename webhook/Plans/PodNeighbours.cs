using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>
/// What the policy runs in a pod is about the whole pod: one claim's thaw would thaw the database while another's is archived. So a backup that runs commands there
/// keeps the backups of the pod's other claims away.
/// </summary>
static class PodNeighbours
{
    /// <summary>Half of the time that a backup has in all: the rest is for the backup itself.</summary>
    public const string LeaseWait = "--lease-wait=12h";

    /// <returns>Arguments of the runner; none for a claim that is alone in its pod, and where nothing is run there.</returns>
    public static IReadOnlyList<string> Leases(ProtectionPlan plan, ProtectedClaim claim)
    {
        if (!plan.BacksUpByCommands)
            return [];
        var names = plan.Claims.Where(other => other.Name != claim.Name && MaySharePod(claim, other)).Select(other => $"--lease={plan.NameOf(other)}").ToList();
        return names.Count == 0 ? [] : [LeaseWait, .. names];
    }

    /// <summary>A claim that all pods share is backed up in any of them.</summary>
    static bool MaySharePod(ProtectedClaim one, ProtectedClaim other) => one.Pod is null || other.Pod is null || one.Pod == other.Pod;
}
