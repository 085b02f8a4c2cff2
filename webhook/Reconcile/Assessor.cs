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
        var (space, name) = (workload.Id.Namespace, workload.PolicyName!);
        if (installation.Unreviewed.Contains(space))
            return new(null, [$"nothing is protected in namespace \"{space}\", about which admission is not asked: run it in a namespace of its own"]);
        if (cache.Policy(space, name) is not { } policy)
            return new(null, [$"there is no BackupPolicy \"{name}\" in namespace \"{space}\""]);
        if (policy.Policy is null)
            return new(null, [$"BackupPolicy \"{name}\": {string.Join("; ", policy.Problems)}"]);
        var selected = ClaimSelection.Of(workload, cache.Claims(space));
        var staying = Staying(workload.Id, selected);
        var problems = selected.Problems.Union(staying.Select(stays => stays.Why)).Concat(Told(staying)).Concat(selected.IsUnknownYet)
            .Concat(RunProblems.Of(workload, selected.Claims)).Concat(notes.Of(workload.Id)).ToList();
        if (selected.Claims.Count == 0)
            return new(null, problems.Count > 0 ? problems : ["it has no volume that can be backed up"]);
        return new(new ProtectionPlan(workload, policy, selected.Claims, SecretDemands.Mounted(SecretDemands.Of(workload, policy, installation.Cluster)), installation)
        {
            Staying = [.. staying.Select(stays => stays.CronJob)],
            StayingVerifications = policy.Policy.Verification is null ? [] : StayingVerifications(workload.Id, selected),
        }, problems);
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
