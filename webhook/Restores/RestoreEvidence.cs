using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Webhook.Restores;

/// <summary>Asks the API server what became of a run: its pods, and the Lease that it held.</summary>
sealed class RestoreEvidence(KubeClient kube, TimeProvider time)
{
    const int MostPods = 16;

    public static KubeResource<KubeObject> Jobs { get; } = KubeResources.Any("batch", "v1", "jobs");

    /// <summary>A pod whose run has not ended is there.</summary>
    public async Task<bool> HasPods(string space, string job, CancellationToken cancel) => (await Pods(space, job, cancel)).Exists(pod => !pod.HasEnded(RestoreContainer.Runner));

    /// <summary>The last that a pod of the Job said at its end; null: none did.</summary>
    public async Task<RestoreReport?> OfPods(string space, string job, CancellationToken cancel) => (await Pods(space, job, cancel))
        .OrderByDescending(pod => pod.Metadata.CreationTimestamp)
        .Select(pod => pod.Status?.ContainerStatuses?.Find(container => container.Name == RestoreContainer.Runner)?.State?.Terminated?.Message)
        .Select(message => message is null ? null : RestoreReport.Parse(message)).FirstOrDefault(report => report is not null);

    /// <summary>The restore Lease as it is now, and the report of the last run that held it.</summary>
    public async Task<(RestoreLease Lease, RestoreReport? Report)> OfLease(string space, string name, CancellationToken cancel)
    {
        if (await kube.Get(KubeResources.Leases, space, name, cancel) is not { } lease)
            return (RestoreLease.Free, null);
        var report = lease.Metadata.Annotations?.GetValueOrDefault(LeaseNotes.Report) is { } text ? RestoreReport.Parse(text) : null;
        return (RestoreLease.Of(SeenLease.Of(lease, time.GetTimestamp()), time), report);
    }

    async Task<List<Pod>> Pods(string space, string job, CancellationToken cancel)
    {
        var pods = new List<Pod>();
        await foreach (var pod in kube.List(KubeResources.Pods, space, new ListOptions { LabelSelector = $"batch.kubernetes.io/job-name={job}", PageSize = MostPods }, cancel))
            pods.Add(pod);
        return pods;
    }
}
