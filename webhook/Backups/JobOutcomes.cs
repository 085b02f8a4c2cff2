using BackupRunner.Kube;
using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Webhook.Backups;

/// <summary>Asks the pods of a Job that has ended how.</summary>
public sealed class JobOutcomes(KubeClient kube)
{
    const int PageSize = 16;

    /// <summary>That are looked at: anybody may make pods with a Job's labels.</summary>
    const int MostPods = 256;

    public async Task<RunOutcome> Of(SeenBackup job, CancellationToken cancel)
    {
        var options = new ListOptions { LabelSelector = $"batch.kubernetes.io/controller-uid={job.Uid}", PageSize = PageSize };
        var ends = new List<(DateTimeOffset? Made, ContainerTerminated End)>();
        var looked = 0;
        await foreach (var pod in kube.List(KubeResources.Pods, job.Namespace, options, cancel))
        {
            if (RunOutcome.EndOf(pod, job.Uid) is { } end)
                ends.Add((pod.Metadata.CreationTimestamp, end));
            if (++looked >= MostPods)
                break;
        }
        return RunOutcome.Of(ends.OrderBy(one => one.Made).Select(one => one.End).LastOrDefault());
    }
}
