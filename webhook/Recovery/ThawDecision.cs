using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Templates;
using BackupRunner.Webhook.Plans.Pods;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Recovery;

/// <summary>Decides on a mark: the pod and the container come from it, the command from today's policy.</summary>
public static class ThawDecision
{
    /// <summary>Characters, of a pod.</summary>
    const int LongestName = 253;

    /// <returns>Null: it is no mark that a run writes. Its words come into messages, and whoever may write the Lease may write it.</returns>
    public static FrozenPod? Read(string text) =>
        FrozenPod.Parse(text) is { } mark && BackupId.Parse(mark.BackupId) is not null && IsName(mark.Pod) && IsName(mark.Container) ? mark : null;

    static bool IsName(string text) => text.Length is > 0 and <= LongestName && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');

    /// <param name="mark">As <see cref="Read"/> returned it.</param>
    /// <param name="pod">That has the mark's name now; null: none.</param>
    /// <param name="isOwned">It is the workload's.</param>
    public static ThawStep Of(string leaseName, FrozenPod? mark, Pod? pod, bool isOwned, ProtectedWorkload workload, PolicyObject? policy)
    {
        if (mark is null)
            return new ThawStep.Tell($"the mark of a frozen pod on lease \"{leaseName}\" cannot be read: the next run of the claim thaws, or thaw it by hand and remove annotation {LeaseNotes.Frozen}");
        if (pod is null || pod.Metadata.Uid != mark.PodUid)
            return new ThawStep.Void($"{Killed(mark)}; that pod is gone, and with it what was frozen");
        if (pod.HasEnded())
            return new ThawStep.Void($"{Killed(mark)}; that pod has ended, and with it what was frozen");
        // Who may write the Lease may not thereby have commands run in any pod of the namespace.
        if (ClaimOf(pod, leaseName, workload.Id) is not { } claim || !isOwned)
            return new ThawStep.Tell($"lease \"{leaseName}\" has the mark of a frozen pod, \"{mark.Pod}\", that is not of this workload and claim: nothing is run in it; remove annotation {LeaseNotes.Frozen}, and see who wrote it");
        if (pod.Spec?.Containers.Find(one => one.Name == mark.Container) is not { } container)
            return new ThawStep.Tell($"{Killed(mark)}, in a container \"{mark.Container}\" that it does not have; {ByHand(leaseName)}");
        if (policy?.Policy is not { } today)
            return new ThawStep.Tell($"{Killed(mark)}, and {(policy is null ? "there is no policy any more that says how to thaw it" : "the policy that says how to thaw it is invalid")}; {ByHand(leaseName)}");
        if (today.Settings.Consistency.Freeze?.Thaw is not { } thaw)
            return new ThawStep.Tell($"{Killed(mark)}, and the policy has no {PolicyTemplates.Thaw}; {ByHand(leaseName)}");
        return Rendered(thaw, mark, pod, container, claim, leaseName, workload.Id, today);
    }

    /// <summary>Whether the container runs that has begun so long after the freeze that no difference of clocks explains it.</summary>
    public static bool HasRestarted(FrozenPod mark, Pod pod, TimeSpan clocks)
    {
        var status = pod.Status?.ContainerStatuses?.Find(one => one.Name == mark.Container);
        return status?.State?.Running?.StartedAt - clocks > mark.Since;
    }

    public static string Killed(FrozenPod mark) => $"backup \"{mark.BackupId}\" was killed while it had pod \"{mark.Pod}\" frozen";

    public static string ByHand(string leaseName) => $"thaw it by hand, then remove annotation {LeaseNotes.Frozen} of lease \"{leaseName}\"";

    /// <summary>The claim of the pod whose Lease that is: its name is not in the Lease's for certain, as long names are cut.</summary>
    static string? ClaimOf(Pod pod, string leaseName, WorkloadId id) =>
        (pod.Spec?.Volumes ?? []).Select(volume => volume.PersistentVolumeClaim?.ClaimName).OfType<string>()
            .FirstOrDefault(claim => ClusterNames.OfClaim(id.Kind, id.Name, claim) == leaseName);

    /// <summary>Where the container has the claim; where it has not, where the runner has it, as another container of the pod does.</summary>
    static string DataPathOf(Pod pod, PodContainer container, string claim) =>
        pod.MountPath(container, claim) ?? DataPath.Of(pod.Spec!.Containers.Select(one => pod.MountPath(one, claim)).FirstOrDefault(path => path is not null) ?? DataPath.Elsewhere);

    static ThawStep Rendered(string thaw, FrozenPod mark, Pod pod, PodContainer container, string claim, string leaseName, WorkloadId id, BackupPolicy policy)
    {
        var model = TemplateModel.Of(policy.Values, DataPathOf(pod, container, claim), BackupId.Parse(mark.BackupId)!, BackupNames.DefaultArchivePath,
            new WorkloadNames(id.Kind, id.Name, id.Namespace, mark.Pod, mark.Container, claim));
        try
        {
            var template = CommandTemplate.Parse(thaw);
            var text = template.Check(model) is { Count: 0 } ? template.Render(model) : null;
            if (text is not null && ContainerScript.Takes(text))
                return new ThawStep.Run(new ExecTarget(id.Namespace, mark.Pod, mark.PodUid, mark.Container), text);
        }
        catch (TemplateException)
        {
            // As a fault that Check finds: the policy's own status lists them all.
        }
        return new ThawStep.Tell($"{Killed(mark)}, and {PolicyTemplates.Thaw} cannot be rendered; correct it, or {ByHand(leaseName)}");
    }
}
