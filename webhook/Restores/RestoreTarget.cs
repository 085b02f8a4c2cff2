using System.Globalization;
using BackupRunner.Names;
using BackupRunner.Policy.Reading;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Restores;

/// <summary>The workload and claim that a restore goes into, found in the cluster. All of it must be there: a restore must not start on a guess.</summary>
/// <param name="Plan">Of the workload.</param>
public sealed record RestoreTarget(ProtectionPlan Plan, ProtectedClaim Claim)
{
    const int NamedClaims = 20;

    /// <summary>The places of the two in what the user wrote, for messages.</summary>
    public readonly record struct Places(string Workload, string Claim);

    /// <param name="claim">Null: the only one that there is.</param>
    /// <param name="problems">All that is wrong; nothing is found when this adds some.</param>
    public static RestoreTarget? Find(WorkloadId id, string? claim, Places places, IClusterView view, Installation installation, List<string> problems)
    {
        var before = problems.Count;
        if (FindWorkload(id, places, view, installation, problems) is not { } workload)
            return null;
        var policy = FindPolicy(workload, places, view, problems);
        var claims = ClaimSelection.Of(workload, view.Claims(id.Namespace)).Claims;
        var found = FindClaim(claim, workload.Id, claims, places, problems);
        if (problems.Count > before)
            return null;
        var plan = Assessor.PlanOf(workload, policy!, claims, installation);
        problems.AddRange(RestoreJob.Problems(plan, found!).Select(problem => $"{places.Workload}: {problem}"));
        return problems.Count > before ? null : new(plan, found!);
    }

    static ProtectedWorkload? FindWorkload(WorkloadId id, Places places, IClusterView view, Installation installation, List<string> problems)
    {
        if (installation.Unreviewed.Contains(id.Namespace))
            problems.Add($"{places.Workload}: nothing is protected in namespace {Quoted.Of(id.Namespace)}, about which admission is not asked");
        else if (view.Workload(id) is not { } workload)
            problems.Add($"{places.Workload}: there is no {id.ApiKind} {Quoted.Of(id.Name)} in namespace {Quoted.Of(id.Namespace)}; make it first, with {ClusterNames.PolicyAnnotation}");
        else if (workload.PolicyName is null)
            problems.Add($"{places.Workload}: {id.ApiKind} {Quoted.Of(id.Name)} has no annotation {ClusterNames.PolicyAnnotation}, which says where its backups are");
        else
            return workload;
        return null;
    }

    static PolicyObject? FindPolicy(ProtectedWorkload workload, Places places, IClusterView view, List<string> problems)
    {
        var (policy, where) = (view.Policy(workload.Id.Namespace, workload.PolicyName!), $"BackupPolicy {Quoted.Of(workload.PolicyName!)}, which {workload.Id.ApiKind} {Quoted.Of(workload.Id.Name)} names");
        if (policy is null)
            problems.Add($"{places.Workload}: {where}, does not exist; it says where the backups are");
        else if (policy.Policy is null)
            problems.AddRange(policy.Problems.Select(problem => $"{places.Workload}: {where}, is not valid: {problem}"));
        return policy;
    }

    static ProtectedClaim? FindClaim(string? name, WorkloadId id, IReadOnlyList<ProtectedClaim> claims, Places places, List<string> problems)
    {
        var (what, known) = ($"{id.ApiKind} {Quoted.Of(id.Name)}", Named(claims.Select(one => one.Name)));
        if (claims.Count == 0)
            problems.Add($"{places.Claim}: {what} has no claim that is backed up");
        else if (name is null)
        {
            if (claims is [var only])
                return only;
            problems.Add($"{places.Claim}: is missing; {what} has several claims: {known}");
        }
        else if (claims.FirstOrDefault(one => one.Name == name) is { } claim)
            return claim;
        else
            problems.Add($"{places.Claim}: {Quoted.Of(name)} is no claim of {what} that is backed up; those are {known}");
        return null;
    }

    /// <summary>The names in quotes; of many the first, and how many more there are.</summary>
    internal static string Named(IEnumerable<string> names)
    {
        var all = names.ToList();
        return string.Join(", ", all.Take(NamedClaims).Select(Quoted.Of)) + (all.Count > NamedClaims ? string.Create(CultureInfo.InvariantCulture, $" and {all.Count - NamedClaims} more") : "");
    }
}
