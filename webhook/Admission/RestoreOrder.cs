using BackupRunner.Names;
using BackupRunner.Policy.Reading;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Restores;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>What the three annotations of a restore Job ask for, found in the cluster.</summary>
/// <param name="Plan">Of the workload to restore.</param>
/// <param name="Claim">Which the annotation names; without it the only one that there is.</param>
sealed record RestoreOrder(ProtectionPlan Plan, ProtectedClaim Claim, RestoreChoice Choice)
{
    /// <returns>Null when <paramref name="problems"/> has got some.</returns>
    public static RestoreOrder? Read(AdmissionRequest request, IClusterView view, Installation installation, List<string> problems)
    {
        var ours = ObjectMetadata.Of(request.Item).Ours();
        problems.AddRange(OurAnnotations.Problems(ours.Keys, OurAnnotations.OfJob));
        var choice = FindChoice(ours, problems);
        if (ReadWorkload(ours[ClusterNames.RestoreAnnotation], request.Namespace, problems) is not { } workload)
            return null;
        ours.TryGetValue(ClusterNames.ClaimAnnotation, out var claim);
        var places = new RestoreTarget.Places(OurAnnotations.Path(ClusterNames.RestoreAnnotation), OurAnnotations.Path(ClusterNames.ClaimAnnotation));
        var target = RestoreTarget.Find(workload, claim, places, view, installation, problems);
        return problems.Count > 0 ? null : new(target!.Plan, target.Claim, choice!);
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

    static WorkloadId? ReadWorkload(string text, string @namespace, List<string> problems)
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
        return WorkloadId.Of(kind, @namespace, name);
    }
}
