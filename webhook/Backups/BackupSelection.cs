using BackupRunner.Names;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Backups;

/// <summary>Which claims a Backup is of.</summary>
/// <param name="Claims">None: <paramref name="Problem"/> says why, and what to do.</param>
/// <param name="LeftOut">A clause about those that cannot be backed up now; null: none.</param>
public sealed record BackupSelection(ProtectionPlan? Plan, IReadOnlyList<ProtectedClaim> Claims, string? Problem, string? LeftOut)
{
    const int NamedClaims = 10;

    public static BackupSelection Of(WorkloadId id, string? claim, ProtectedWorkload? workload, Assessment? assessment)
    {
        if (workload is null or { IsBeingDeleted: true })
            return Refused($"there is no {id.ApiKind} \"{id.Name}\" in namespace \"{id.Namespace}\"; name another one, or make it first");
        if (workload.PolicyName is null)
            return Refused($"{id.ApiKind} \"{id.Name}\" is not protected: kubectl annotate {id.Kind} {id.Name} {ClusterNames.PolicyAnnotation}=NAME, with the name of a BackupPolicy of namespace \"{id.Namespace}\"");
        if (assessment?.Plan is not { } plan)
            return Refused($"{id.ApiKind} \"{id.Name}\" cannot be backed up: {string.Join("; ", assessment?.Problems ?? [])}");
        if (claim is null)
        {
            var (able, unable) = (plan.Claims.Where(one => !plan.IsWithoutPod(one)).ToList(), plan.Claims.Where(plan.IsWithoutPod).Select(one => one.Name).ToList());
            var leftOut = unable.Count == 0 ? null : $"left out, because no pod has {(unable.Count == 1 ? "it" : "them")} and the policy runs commands there: {Names(unable)}";
            return able.Count > 0 ? new(plan, able, null, leftOut) : Refused($"{id.ApiKind} \"{id.Name}\" has no pod, and its policy runs commands there; scale it up first");
        }
        if (plan.Claims.FirstOrDefault(one => one.Name == claim) is not { } found)
            return Refused($"\"{claim}\" is no claim of {id.ApiKind} \"{id.Name}\" that is backed up; those are {Names([.. plan.Claims.Select(one => one.Name)])}");
        return plan.IsWithoutPod(found) ? Refused($"no pod has claim \"{claim}\", and the policy runs commands there; scale {id.ApiKind} \"{id.Name}\" up first") : new(plan, [found], null, null);
    }

    static BackupSelection Refused(string why) => new(null, [], why, null);

    static string Names(List<string> names) => string.Join(", ", names.Take(NamedClaims).Select(name => $"\"{name}\"")) + (names.Count > NamedClaims ? $" and {names.Count - NamedClaims} more" : "");
}
