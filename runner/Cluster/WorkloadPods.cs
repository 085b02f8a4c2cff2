using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Cluster;

/// <summary>The pods that a restore must look out for, as they are now; pods that have ended are none.</summary>
/// <param name="ownPod">This run's pod, which is not counted.</param>
/// <param name="displaced">Pods whose Lease this run has taken over because they did not renew it: they may yet be at work.</param>
sealed class WorkloadPods(KubeClient kube, SeriesId series, string ownPod, IReadOnlySet<string> displaced)
{
    /// <summary>The workload's own, also those that are being deleted.</summary>
    public Task<List<Pod>> Running(Scale scale, CancellationToken cancel) => Find(
        new ListOptions { LabelSelector = SelectorOf(scale) }, pod => PodChoice.Belongs(pod, series.Kind, series.Name), cancel);

    /// <summary>
    /// Pods of others that have the claim on a node. One that has no node yet uses nothing, and other runs of this program are kept off by the Leases.
    /// </summary>
    public async Task<List<Pod>> Strangers(Scale scale, CancellationToken cancel)
    {
        var own = (await Running(scale, cancel)).Select(pod => pod.Metadata.Name).ToHashSet(StringComparer.Ordinal);
        return await Find(new ListOptions(), pod => PodChoice.Mounts(pod, series.Claim) && pod.Spec?.NodeName is { Length: > 0 } && !own.Contains(pod.Metadata.Name) && !IsKeptOff(pod), cancel);
    }

    bool IsKeptOff(Pod pod) => pod.Metadata.Labels?.GetValueOrDefault(ClusterNames.AppLabel) == ClusterNames.App && !(displaced.Contains(pod.Metadata.Name) && MayBeAtWork(pod));

    /// <summary>A container of somebody else, such as a proxy, may keep a pod alive whose run has ended.</summary>
    static bool MayBeAtWork(Pod pod) =>
        !pod.HasEnded(RestoreContainer.Runner) || (pod.Spec?.Containers.Exists(container => container.Name == RestoreContainer.Name) == true && !pod.HasEnded(RestoreContainer.Name));

    public static string Listed(IEnumerable<Pod> pods) => string.Join(", ", pods.Select(pod => $"pod \"{pod.Metadata.Name}\""));

    string SelectorOf(Scale scale) => scale.Status?.Selector is { Length: > 0 } selector
        ? selector
        : throw new RunnerException(ExitCode.Command, $"the API server does not say which pods are of {series.Kind} \"{series.Name}\"");

    async Task<List<Pod>> Find(ListOptions options, Func<Pod, bool> wanted, CancellationToken cancel)
    {
        var found = new List<Pod>();
        try
        {
            await foreach (var pod in kube.List(KubeResources.Pods, series.Namespace, options, cancel))
                if (pod.Metadata.Name != ownPod && PodChoice.UsesVolumes(pod) && wanted(pod))
                    found.Add(pod);
        }
        catch (KubeException failure)
        {
            throw ApiFailure.Of(failure);
        }
        return found;
    }
}
