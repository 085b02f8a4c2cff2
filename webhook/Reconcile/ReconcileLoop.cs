using BackupRunner.Kube;
using BackupRunner.Webhook.Status.Metrics;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>
/// One term as the leader: everything is looked at once, then whatever changes, and everything again every ten minutes. Nothing that goes wrong with one thing
/// stops the others.
/// </summary>
/// <param name="everything">Every thing that there is to look at.</param>
/// <param name="look">At one thing; the answer is when to look again although nothing has changed.</param>
/// <param name="metrics">Null: nobody counts.</param>
public sealed partial class ReconcileLoop(
    ClusterCache cache, Func<IEnumerable<WorkKey>> everything, Func<WorkKey, CancellationToken, Task<TimeSpan?>> look, TimeProvider time, ILogger<ReconcileLoop> log,
    WorkQueueMetrics? metrics = null)
{
    static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(250);

    static readonly TimeSpan Everything = TimeSpan.FromMinutes(10);

    /// <summary>After an outage of the API server, as long as it was.</summary>
    static readonly TimeSpan LongestWithoutThaw = TimeSpan.FromSeconds(30);

    /// <param name="cancel">Ends the term.</param>
    public async Task Run(CancellationToken cancel)
    {
        using WorkQueue queue = new(time, WorkQueue.LongestRetry, metrics?.Of("workloads")), leases = new(time, LongestWithoutThaw, metrics?.Of("leases")),
            secrets = new(time, WorkQueue.LongestRetry, metrics?.Of("secrets"));
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] running = [];
        void Add(WorkKey key) => (key.Kind switch { WorkKind.Lease => leases, WorkKind.Secret => secrets, _ => queue }).Add(key);
        cache.Changed += Add;
        try
        {
            Begins();
            // A database that is frozen waits for nobody, also not for thaws that hang on a node that is gone; and for Secrets, one after the other, nothing else does.
            running =
            [
                .. Workers(queue, 8, ends.Token), .. Workers(leases, 32, ends.Token), .. Workers(secrets, 1, ends.Token),
                Sweep(Add, () => queue.IsIdle && leases.IsIdle && secrets.IsIdle, ends.Token),
            ];
            // None ends by itself but by a bug, and then nobody goes on.
            await await Task.WhenAny(running);
        }
        finally
        {
            cache.Changed -= Add;
            await ends.CancelAsync();
            await Task.WhenAll(running).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    IEnumerable<Task> Workers(WorkQueue queue, int count, CancellationToken cancel) => Enumerable.Range(0, count).Select(_ => Work(queue, cancel));

    async Task Sweep(Action<WorkKey> add, Func<bool> isIdle, CancellationToken cancel)
    {
        while (true)
        {
            var (began, things) = (time.GetTimestamp(), 0);
            foreach (var key in everything())
            {
                add(key);
                things++;
            }
            while (!isIdle())
                await Task.Delay(Glance, time, cancel);
            var seconds = Math.Round(time.GetElapsedTime(began).TotalSeconds, 1);
            Looked(things, seconds);
            await Task.Delay(Everything, time, cancel);
        }
    }

    async Task Work(WorkQueue queue, CancellationToken cancel)
    {
        while (true)
        {
            var key = await queue.Take(cancel);
            try
            {
                var again = await look(key, cancel);
                queue.Done(key);
                if (again is { } pause)
                    queue.AddAfter(key, pause);
            }
            catch (Exception failure) when (!cancel.IsCancellationRequested)
            {
                Tell(key, failure);
                queue.Failed(key);
            }
            catch (Exception failure) when (failure is KubeException or RefusedObjectException)
            {
                // The term ended under it.
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    void Tell(WorkKey key, Exception failure)
    {
        if (failure is KubeException or RefusedObjectException)
            Failed(key.Kind, key.Namespace, key.Name, failure.Message);
        else
            Broken(failure, key.Kind, key.Namespace, key.Name);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "leading: looking at everything")]
    partial void Begins();

    [LoggerMessage(Level = LogLevel.Information, Message = "looked at everything: {Things} things in {Seconds} s")]
    partial void Looked(int things, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind} {Namespace}/{Name}: {Reason}; trying again")]
    partial void Failed(WorkKind kind, string @namespace, string name, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Kind} {Namespace}/{Name}: a bug; trying again")]
    partial void Broken(Exception bug, WorkKind kind, string @namespace, string name);
}
