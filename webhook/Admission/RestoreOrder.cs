using System.Globalization;
using BackupRunner.Names;
using BackupRunner.Policy.Reading;
using BackupRunner.Webhook.Keys;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>What the three annotations of a restore Job ask for, found in the cluster.</summary>
/// <param name="Plan">Of the workload to restore.</param>
/// <param name="Claim">Which the annotation names; without it the only one that there is.</param>
sealed record RestoreOrder(ProtectionPlan Plan, ProtectedClaim Claim, RestoreChoice Choice)
{
    const int NamedClaims = 20;

    /// <returns>Null when <paramref name="problems"/> has got some.</returns>
    public static RestoreOrder? Read(AdmissionRequest request, IClusterView view, Installation installation, List<string> problems)
    {
        var ours = ObjectMetadata.Of(request.Item).Ours();
        problems.AddRange(OurAnnotations.Problems(ours.Keys, OurAnnotations.OfJob));
        var choice = FindChoice(ours, problems);
        if (FindWorkload(ours[ClusterNames.RestoreAnnotation], request.Namespace, view, problems) is not { } workload)
            return null;
        var policy = FindPolicy(workload, view, problems);
        var claims = ClaimSelection.Of(workload, view.Claims(request.Namespace)).Claims;
        var claim = FindClaim(ours, workload, claims, problems);
        if (problems.Count > 0)
            return null;
        var plan = new ProtectionPlan(workload, policy!, [.. claims.OrderBy(one => one.Name, StringComparer.Ordinal)], SecretDemands.Mounted(SecretDemands.Of(workload, policy!, installation.Cluster)), installation);
        problems.AddRange(RestoreJob.Problems(plan, claim!).Select(problem => $"{OurAnnotations.Path(ClusterNames.RestoreAnnotation)}: {problem}"));
        return problems.Count > 0 ? null : new(plan, claim!, choice!);
    }

    static RestoreChoice? FindChoice(IReadOnlyDictionary<string, string> ours, List<string> problems)
    {
        var path = OurAnnotations.Path(ClusterNames.BackupAnnotation);
        if (!ours.TryGetValue(ClusterNames.BackupAnnotation, out var text))
        {
            problems.Add($"{path}: is missing; give the id of a backup, \"before:TIME\" or \"latest\"");
            return null;
        }
        var (choice, problem) = RestoreChoice.Parse(text);
        if (problem is not null)
            problems.Add($"{path}: {problem}");
        return choice;
    }

    static ProtectedWorkload? FindWorkload(string text, string @namespace, IClusterView view, List<string> problems)
    {
        var path = OurAnnotations.Path(ClusterNames.RestoreAnnotation);
        string[] kinds = ["StatefulSet", "Deployment"];
        if (text.Split('/') is not [var word, var name] || !ObjectName.IsValid(name))
        {
            problems.Add($"{path}: {Shown.Of(text)} is no workload; give its kind and name, such as \"StatefulSet/redis\"");
            return null;
        }
        if (kinds.FirstOrDefault(one => one.Equals(word, StringComparison.OrdinalIgnoreCase)) is not { } kind)
        {
            var nearest = Nearest.Of(word, kinds);
            problems.Add($"{path}: {Shown.Of(word)} is no kind that can be restored; {(nearest is null ? $"known are {string.Join(" and ", kinds)}" : $"did you mean {Shown.Of(nearest)}?")}");
            return null;
        }
        var id = new WorkloadId(kind == "StatefulSet" ? ClusterNames.StatefulSet : ClusterNames.Deployment, @namespace, name);
        if (view.Workload(id) is not { } workload)
            problems.Add($"{path}: there is no {kind} {Shown.Of(name)} in namespace {Shown.Of(@namespace)}; make it first, with {ClusterNames.PolicyAnnotation}");
        else if (workload.PolicyName is null)
            problems.Add($"{path}: {kind} {Shown.Of(name)} has no annotation {ClusterNames.PolicyAnnotation}, which says where its backups are");
        else
            return workload;
        return null;
    }

    static PolicyObject? FindPolicy(ProtectedWorkload workload, IClusterView view, List<string> problems)
    {
        var path = OurAnnotations.Path(ClusterNames.RestoreAnnotation);
        var (policy, where) = (view.Policy(workload.Id.Namespace, workload.PolicyName!), $"BackupPolicy {Shown.Of(workload.PolicyName!)}, which {workload.Id.ApiKind} {Shown.Of(workload.Id.Name)} names");
        if (policy is null)
            problems.Add($"{path}: {where}, does not exist; it says where the backups are");
        else if (policy.Policy is null)
            problems.AddRange(policy.Problems.Select(problem => $"{path}: {where}, is not valid: {problem}"));
        return policy;
    }

    static ProtectedClaim? FindClaim(IReadOnlyDictionary<string, string> ours, ProtectedWorkload workload, IReadOnlyList<ProtectedClaim> claims, List<string> problems)
    {
        var path = OurAnnotations.Path(ClusterNames.ClaimAnnotation);
        var (what, known) = ($"{workload.Id.ApiKind} {Shown.Of(workload.Id.Name)}", string.Join(", ", claims.Select(one => Shown.Of(one.Name)).Take(NamedClaims)));
        if (claims.Count > NamedClaims)
            known += string.Create(CultureInfo.InvariantCulture, $" and {claims.Count - NamedClaims} more");
        if (claims.Count == 0)
            problems.Add($"{path}: {what} has no claim that is backed up");
        else if (!ours.TryGetValue(ClusterNames.ClaimAnnotation, out var name))
        {
            if (claims is [var only])
                return only;
            problems.Add($"{path}: is missing; {what} has several claims: {known}");
        }
        else if (claims.FirstOrDefault(one => one.Name == name) is { } claim)
            return claim;
        else
            problems.Add($"{path}: {Shown.Of(name)} is no claim of {what} that is backed up; those are {known}");
        return null;
    }
}
