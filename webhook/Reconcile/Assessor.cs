using BackupRunner.Names;
using BackupRunner.Webhook.Keys;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>What there is to be for a workload.</summary>
/// <param name="Plan">Null: it cannot be told, and nothing is to change.</param>
/// <param name="Problems">Each a clause without a full stop.</param>
public sealed record Assessment(ProtectionPlan? Plan, IReadOnlyList<string> Problems);

/// <summary>Decides from what is known, without asking anybody.</summary>
public sealed class Assessor(ClusterCache cache, Installation installation, ProblemNotes notes)
{
    public Assessment Of(ProtectedWorkload workload)
    {
        var (policy, problem) = PolicyOf(workload, cache, installation);
        if (policy is null)
            return new(null, [problem!]);
        var selected = ClaimSelection.Of(workload, cache.Claims(workload.Id.Namespace));
        var staying = Staying(workload.Id, selected);
        var problems = selected.Problems.Union(staying.Select(stays => stays.Why)).Concat(Told(staying)).Concat(selected.IsUnknownYet)
            .Concat(RunProblems.Of(workload, selected.Claims)).Concat(notes.Of(workload.Id)).ToList();
        if (selected.Claims.Count == 0)
            return new(null, problems.Count > 0 ? problems : ["it has no volume that can be backed up"]);
        return new(PlanOf(workload, policy, selected.Claims, installation) with
        {
            Staying = [.. staying.Select(stays => stays.CronJob)],
            StayingVerifications = policy.Policy!.Verification is null ? [] : StayingVerifications(workload.Id, selected),
        }, problems);
    }

    /// <summary>As <see cref="Of(ProtectedWorkload)"/>, for admission: of a workload that may be protected only now, without what the loop has found out.</summary>
    public static Assessment Of(ProtectedWorkload workload, IClusterView view, Installation installation)
    {
        var (policy, problem) = PolicyOf(workload, view, installation);
        if (policy is null)
            return new(null, [problem!]);
        var selected = ClaimSelection.Of(workload, view.Claims(workload.Id.Namespace));
        return selected.Claims.Count == 0
            ? new(null, selected.Problems.Count > 0 ? selected.Problems : ["it has no volume that can be backed up"])
            : new(PlanOf(workload, policy, selected.Claims, installation), selected.Problems);
    }

    /// <param name="claims">In order of name, as <see cref="ClaimSelection"/> gives them.</param>
    internal static ProtectionPlan PlanOf(ProtectedWorkload workload, PolicyObject policy, IReadOnlyList<ProtectedClaim> claims, Installation installation) =>
        new(workload, policy, claims, SecretDemands.Mounted(SecretDemands.Of(workload, policy, installation.Cluster)), installation);

    /// <returns>One that can be carried out, or why there is none.</returns>
    static (PolicyObject? Policy, string? Problem) PolicyOf(ProtectedWorkload workload, IClusterView view, Installation installation)
    {
        var (space, name) = (workload.Id.Namespace, workload.PolicyName!);
        if (installation.Unreviewed.Contains(space))
            return (null, $"nothing is protected in namespace \"{space}\", about which admission is not asked: run it in a namespace of its own");
        if (view.Policy(space, name) is not { } policy)
            return (null, $"there is no BackupPolicy \"{name}\" in namespace \"{space}\"");
        return policy.Policy is null ? (null, $"BackupPolicy \"{name}\": {string.Join("; ", policy.Problems)}") : (policy, null);
    }

    List<(string CronJob, string Why)> Staying(WorkloadId id, SelectedClaims selected) =>
    [
        .. selected.Unfit.ExceptBy(selected.Claims.Select(claim => claim.Name), unfit => unfit.Claim)
            .Select(unfit => (CronJob: ClusterNames.OfClaim(id.Kind, id.Name, unfit.Claim), unfit.Why))
            .Where(stays => IsOf(id, stays.CronJob)).OrderBy(stays => stays.CronJob, StringComparer.Ordinal),
    ];

    List<string> StayingVerifications(WorkloadId id, SelectedClaims selected) =>
    [
        .. selected.Unfit.ExceptBy(selected.Claims.Select(claim => claim.Name), unfit => unfit.Claim)
            .Select(unfit => ClusterNames.OfVerification(id.Kind, id.Name, unfit.Claim)).Where(name => IsOf(id, name)).Order(StringComparer.Ordinal),
    ];

    bool IsOf(WorkloadId id, string cronJob) => cache.Own.Find(new ObjectKey("cronjobs", id.Namespace, cronJob))?.Label == id.Label;

    static IEnumerable<string> Told(List<(string CronJob, string Why)> staying) => staying.Count switch
    {
        0 => [],
        1 => [$"CronJob \"{staying[0].CronJob}\" stays as it is"],
        _ => [$"CronJob \"{staying[0].CronJob}\" and {staying.Count - 1} more stay as they are"],
    };
}
