using BackupRunner.Kube;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>
/// One term as the leader: everything is looked at once, then whatever changes, and everything again every ten minutes. Nothing that goes wrong with one thing
/// stops the others.
/// </summary>
/// <param name="everything">Every thing that there is to look at.</param>
/// <param name="look">At one thing; the answer is when to look again although nothing has changed.</param>
public sealed partial class ReconcileLoop(
    ClusterCache cache, Func<IEnumerable<WorkKey>> everything, Func<WorkKey, CancellationToken, Task<TimeSpan?>> look, TimeProvider time, ILogger<ReconcileLoop> log)
{
    static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(250);

    static readonly TimeSpan Everything = TimeSpan.FromMinutes(10);

    /// <param name="cancel">Ends the term.</param>
    public async Task Run(CancellationToken cancel)
    {
        using WorkQueue queue = new(time), leases = new(time), secrets = new(time);
        void Add(WorkKey key) => (key.Kind switch { WorkKind.Lease => leases, WorkKind.Secret => secrets, _ => queue }).Add(key);
        cache.Changed += Add;
        try
        {
            Begins();
            // A database that is frozen waits for nobody, and for Secrets, one after the other, nothing else does.
            Task[] workers = [.. Workers(queue, 8, cancel), .. Workers(leases, 4, cancel), .. Workers(secrets, 1, cancel)];
            await Task.WhenAll([.. workers, Sweep(Add, () => queue.IsIdle && leases.IsIdle && secrets.IsIdle, cancel)]);
        }
        finally
        {
            cache.Changed -= Add;
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
