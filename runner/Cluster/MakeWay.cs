using BackupRunner.Kube;
using BackupRunner.Reports;

namespace BackupRunner.Cluster;

/// <summary>
/// Watches the workload's pod while its volume is read. When the pod is deleted or moves, this run ends at once: as long as it has the volume, the
/// pod's successor may not be able to attach it elsewhere.
/// </summary>
/// <param name="container">Its restart undoes a freeze. Null: nothing is frozen by a command.</param>
public sealed class MakeWay(KubeClient kube, WorkloadPod pod, string? container) : IAsyncDisposable
{
    readonly CancellationTokenSource away = new();
    readonly CancellationTokenSource stop = new();
    Task watching = Task.CompletedTask;
    int? restarts;

    /// <summary>Ends when the run must make way; <see cref="Reason"/> says why.</summary>
    public CancellationToken Away => away.Token;

    public RunnerException? Reason { get; private set; }

    public void Begin() => watching = Watch();

    async Task Watch()
    {
        try
        {
            var options = new ListOptions { FieldSelector = $"metadata.name={pod.Name}" };
            var seen = false;
            await foreach (var change in kube.Watch(KubeResources.Pods, pod.Namespace, options, stop.Token))
            {
                Reason = change.Change switch
                {
                    WatchChange.Synced => seen ? null : Gone("is gone"),
                    WatchChange.Deleted => Gone("is gone"),
                    _ => Judge(change.Item!),
                };
                seen |= change.Change is WatchChange.Added;
                if (Reason is not null)
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (KubeException failure)
        {
            Reason = ApiFailure.Of(failure);
        }
        if (Reason is not null)
            await away.CancelAsync();
    }

    RunnerException? Judge(Pod now)
    {
        if (now.Metadata.Uid != pod.Uid)
            return Gone("was replaced");
        if (now.Metadata.DeletionTimestamp is not null)
            return Gone("is being deleted");
        if (!PodChoice.UsesVolumes(now))
            return Gone("has ended");
        var count = now.Status?.ContainerStatuses?.Find(status => status.Name == container)?.RestartCount;
        restarts ??= count;
        return container is not null && count > restarts
            ? new RunnerException(ExitCode.Command, $"container \"{container}\" of pod \"{pod.Name}\" was restarted while it was to be frozen", "the next run tries again")
            : null;
    }

    RunnerException Gone(string what) => new(ExitCode.Stopped,
        $"pod \"{pod.Name}\" {what}: this run makes way, so that its successor can attach the volume", "the next run backs it up");

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watching;
        stop.Dispose();
        away.Dispose();
    }
}
