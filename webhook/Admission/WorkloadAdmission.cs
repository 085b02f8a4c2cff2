using System.Text.Json;
using BackupRunner.Names;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>
/// Whether the annotations of a StatefulSet or Deployment can be done. What does not exist yet is a warning, because one chart may hold all; what will never
/// work is a denial. No right is asked for: who may change a workload may already run any command in its pods and mount any Secret beside it.
/// </summary>
public static class WorkloadAdmission
{
    public static AdmissionReply Validate(AdmissionRequest request, IClusterView view)
    {
        if (request.Item.ValueKind != JsonValueKind.Object)
            return AdmissionReply.BadRequest("the review has no object");
        if (request.OldItem.ValueKind == JsonValueKind.Object && !WorkloadChange.Matters(request.OldItem, request.Item))
            return AdmissionReply.Unchanged;
        var ours = ObjectMetadata.Of(request.Item).Ours();
        var findings = new Findings();
        findings.Warnings.AddRange(OtherPolicy(request, ours.GetValueOrDefault(ClusterNames.PolicyAnnotation)));
        findings.Problems.AddRange(OurAnnotations.Problems(ours.Keys, OurAnnotations.OfWorkload));
        if (!ours.TryGetValue(ClusterNames.PolicyAnnotation, out var name))
        {
            if (ours.ContainsKey(ClusterNames.ClaimsAnnotation))
                findings.Warnings.Add($"{OurAnnotations.Path(ClusterNames.ClaimsAnnotation)}: does nothing without {ClusterNames.PolicyAnnotation}");
            return findings.Reply();
        }
        var workload = ReviewedWorkload.Read(request, request.Item);
        var claims = Claims(workload, view, findings);
        Policy(workload, claims, name, view, findings);
        if (workload.DeletesClaimsWhenScaled)
            findings.Warnings.Add("spec.persistentVolumeClaimRetentionPolicy.whenScaled: is Delete; a restore scales to zero, which would delete the claims, and is refused: set Retain");
        return findings.Reply();
    }

    // "kubectl rollout undo" of a Deployment and "kubectl replace" put other annotations in place of all that there were, and nothing else tells who does it.
    static IEnumerable<string> OtherPolicy(AdmissionRequest request, string? now)
    {
        if (ObjectMetadata.Of(request.OldItem).Annotation(ClusterNames.PolicyAnnotation) is not { Length: > 0 } before || before == now)
            yield break;
        var who = $"{(request.Resource == "statefulsets" ? "StatefulSet" : "Deployment")} {Shown.Of(request.Name)}";
        yield return now is null
            ? $"backups of {who} end with this change: annotation {ClusterNames.PolicyAnnotation} (it was {Shown.Of(before)}) is removed; to go on, set it again"
            : $"backups of {who} change with this: annotation {ClusterNames.PolicyAnnotation} goes from {Shown.Of(before)} to {Shown.Of(now)}";
    }

    static IReadOnlyList<ProtectedClaim> Claims(ProtectedWorkload workload, IClusterView view, Findings findings)
    {
        var path = OurAnnotations.Path(ClusterNames.ClaimsAnnotation);
        var isChosen = workload.Annotations.ContainsKey(ClusterNames.ClaimsAnnotation);
        var selected = WorkloadClaims.Of(workload, view);
        findings.Warnings.AddRange(selected.IsUnknownYet);
        findings.Warnings.AddRange(RunProblems.Of(workload, selected.Claims).Select(problem => $"spec.template.spec: {problem}"));
        // What the user names must be possible; of the default, what is not is left out. The default that mutation wrote names only what is possible.
        (isChosen ? findings.Problems : findings.Warnings).AddRange(selected.Problems.Select(problem => $"{path}: {problem}"));
        if (selected is { Claims.Count: 0, IsUnknownYet.Count: 0 } && !(isChosen && selected.Problems.Count > 0))
            findings.Problems.Add($"{path}: nothing of this {workload.Id.ApiKind} can be backed up; {(selected.Problems.Count == 0 ? "it has no volumes of claims" : string.Join("; ", selected.Problems))}");
        // Mutation wrote it, or could have: what it leaves out is then nobody's choice.
        if (isChosen && workload.Annotations[ClusterNames.ClaimsAnnotation] == WorkloadClaims.Default(workload, view))
            findings.Warnings.AddRange(WorkloadClaims.Of(WorkloadClaims.WithoutChoice(workload), view).Problems.Select(problem => $"{path}: not backed up: {problem}"));
        return selected.Claims;
    }

    static void Policy(ProtectedWorkload workload, IReadOnlyList<ProtectedClaim> claims, string name, IClusterView view, Findings findings)
    {
        var path = OurAnnotations.Path(ClusterNames.PolicyAnnotation);
        if (!ObjectName.IsValid(name))
        {
            findings.Problems.Add($"{path}: {Shown.Of(name)} is no name of a BackupPolicy");
            return;
        }
        var (policy, where) = (view.Policy(workload.Id.Namespace, name), $"BackupPolicy {Shown.Of(name)} of namespace {Shown.Of(workload.Id.Namespace)}");
        if (policy is null)
            findings.Warnings.Add($"{path}: {where} does not exist; nothing is backed up until it does");
        else if (policy.Policy is not { } read)
            findings.Warnings.AddRange(policy.Problems.Select(problem => $"{path}: {where} is not valid; nothing is backed up: {problem}"));
        else
        {
            findings.Warnings.AddRange(RunProblems.Freezes(claims, read).Select(problem => $"{path}: {problem}"));
            if (read.Settings.Consistency.Container is { } container && workload.Pod.Containers.All(other => other.Name != container || other.IsSidecar))
                findings.Problems.Add($"{path}: {where} runs its commands in container {Shown.Of(container)} (backup.settings.consistency.container), which the pod template does not have{Sidecar(workload, container)}; it has {string.Join(", ", workload.Pod.Containers.Where(other => !other.IsSidecar).Select(other => Shown.Of(other.Name)).Take(20))}");
        }
    }

    static string Sidecar(ProtectedWorkload workload, string container) =>
        workload.Pod.Containers.Any(other => other.Name == container) ? " among its containers: it is an init container, in which no command is run" : "";
}
