using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Webhook.Restores;

/// <summary>Asks the API server what became of a run: its pods, and the Lease that it held.</summary>
sealed class RestoreEvidence(KubeClient kube, TimeProvider time)
{
    const int PageSize = 16;

    /// <summary>That are asked for what they said: anybody may make pods with a Job's labels.</summary>
    const int MostPods = 256;

    public static KubeResource<KubeObject> Jobs { get; } = KubeResources.Any("batch", "v1", "jobs");

    /// <summary>A pod whose run has not ended is there.</summary>
    public async Task<bool> HasPods(string space, string job, CancellationToken cancel)
    {
        await foreach (var pod in Pods(space, job, cancel))
            if (!pod.HasEnded(RestoreContainer.Runner))
                return true;
        return false;
    }

    /// <summary>The last that a pod of the Job said at its end; null: none did.</summary>
    public async Task<RestoreReport?> OfPods(string space, string job, CancellationToken cancel)
    {
        (DateTimeOffset? Made, RestoreReport? Report) last = default;
        var looked = 0;
        await foreach (var pod in Pods(space, job, cancel))
        {
            var said = pod.Status?.ContainerStatuses?.Find(container => container.Name == RestoreContainer.Runner)?.State?.Terminated?.Message;
            if (said is not null && RestoreReport.Parse(said) is { } report && (last.Report is null || pod.Metadata.CreationTimestamp > last.Made))
                last = (pod.Metadata.CreationTimestamp, report);
            if (++looked >= MostPods)
                break;
        }
        return last.Report;
    }

    /// <summary>The restore Lease as it is now, and the report of the last run that held it.</summary>
    public async Task<(RestoreLease Lease, RestoreReport? Report)> OfLease(string space, string name, CancellationToken cancel)
    {
        if (await kube.Get(KubeResources.Leases, space, name, cancel) is not { } lease)
            return (RestoreLease.Free, null);
        var report = lease.Metadata.Annotations?.GetValueOrDefault(LeaseNotes.Report) is { } text ? RestoreReport.Parse(text) : null;
        return (RestoreLease.Of(SeenLease.Of(lease, time.GetTimestamp()), time), report);
    }

    IAsyncEnumerable<Pod> Pods(string space, string job, CancellationToken cancel) =>
        kube.List(KubeResources.Pods, space, new ListOptions { LabelSelector = $"batch.kubernetes.io/job-name={job}", PageSize = PageSize }, cancel);
}
