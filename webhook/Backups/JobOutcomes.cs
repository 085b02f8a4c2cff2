using BackupRunner.Kube;
using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Webhook.Backups;

/// <summary>Asks the pods of a Job that has ended how.</summary>
public sealed class JobOutcomes(KubeClient kube)
{
    const int MostPods = 16;

    public async Task<RunOutcome> Of(SeenBackup job, CancellationToken cancel)
    {
        var options = new ListOptions { LabelSelector = $"batch.kubernetes.io/controller-uid={job.Uid}", PageSize = MostPods };
        var pods = new List<Pod>();
        await foreach (var pod in kube.List(KubeResources.Pods, job.Namespace, options, cancel))
            pods.Add(pod);
        return RunOutcome.Of(pods, job.Uid);
    }
}
