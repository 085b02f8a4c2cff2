using System.Text.Json.Nodes;
using BackupRunner.Webhook.Plans.Pods;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>A Job that restores one claim: what a user's Job of three annotations is completed to.</summary>
public static class RestoreJob
{
    const string LeaseWait = "10m";

    /// <summary>Why the claim cannot be restored into as things are; each a sentence that names it. Empty: it can.</summary>
    public static IReadOnlyList<string> Problems(ProtectionPlan plan, ProtectedClaim claim)
    {
        var problems = new List<string>();
        if (claim.IsReadOnly)
            problems.Add($"claim \"{claim.Name}\" is ReadOnlyMany: nothing can be written into it");
        if (plan.Workload.DeletesClaimsWhenScaled)
        {
            problems.Add($"{plan.Workload.Id.Kind} \"{plan.Workload.Id.Name}\" deletes its claims when it is scaled down, as a restore does "
                + "(persistentVolumeClaimRetentionPolicy.whenScaled: Delete); set Retain");
        }
        if (plan.RestoresByScript && DataPath.HidesScratch(claim.MountPath))
            problems.Add($"claim \"{claim.Name}\" is mounted at \"{claim.MountPath}\", where commands.restore finds its archive; without commands.restore it can be restored");
        return problems;
    }

    /// <summary>The labels that the Job itself has, beside the user's own.</summary>
    public static JsonObject Labels(ProtectionPlan plan) => PlannedObject.Labels(plan.Workload.Id.Label, plan.RestoreAccount);

    /// <param name="more">Arguments of the runner's <c>restore</c> that say where else the backup is.</param>
    /// <returns>The whole spec of the Job.</returns>
    public static JsonObject Spec(ProtectionPlan plan, ProtectedClaim claim, RestoreChoice choice, params IEnumerable<string> more) =>
        Spec(plan, new RunPod(plan, claim).OfRestore([choice.Argument, .. more, .. Leases(plan, claim)], plan.RestoresByScript));

    /// <summary>How long to wait for a backup that is running, and the Leases that keep backups of the workload's other claims away.</summary>
    internal static IEnumerable<string> Leases(ProtectionPlan plan, ProtectedClaim claim) =>
    [
        $"--lease-wait={LeaseWait}",
        .. plan.Claims.Where(other => other.Name != claim.Name).Select(other => $"--lease={plan.NameOf(other)}"),
    ];

    /// <summary>No deadline: one that is cut short leaves the workload stopped until it is resumed. Whatever fails, a person looks first.</summary>
    internal static JsonObject Spec(ProtectionPlan plan, JsonObject pod) => new()
    {
        ["backoffLimit"] = 2,
        ["ttlSecondsAfterFinished"] = JobShape.KeptSeconds,
        ["podFailurePolicy"] = JobShape.FailurePolicy(JobShape.Anything()),
        ["template"] = JobShape.PodTemplate(Labels(plan), pod),
    };
}
