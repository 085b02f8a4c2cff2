using BackupRunner.Kube;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>Of all replicas one leads, for as long as it holds the Lease. An outage of the API server ends no term: nobody else could begin one.</summary>
public sealed partial class Leadership(KubeClient kube, string @namespace, string identity, TimeProvider time, ILogger<Leadership> log)
{
    public const string LeaseName = "backup-webhook";

    static readonly LeaseTiming Timing = new(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(5)) { Poll = TimeSpan.FromSeconds(2) };
    static readonly TimeSpan Turn = TimeSpan.FromMinutes(1);
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Terms, one after the other, until it is cancelled. The Lease is given up at the end of each.</summary>
    /// <param name="term">Runs until its token is cancelled.</param>
    public async Task Run(Func<CancellationToken, Task> term, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await MakeLease(cancel);
                await using var lease = new LeaseLock(kube, @namespace, LeaseName, identity, Timing, time);
                if (await lease.Acquire(Turn, cancel) is null)
                    continue;
                using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancel, lease.Lost);
                try
                {
                    await term(ends.Token);
                }
                catch (OperationCanceledException) when (lease.Lost.IsCancellationRequested && !cancel.IsCancellationRequested)
                {
                    Lost(@namespace, LeaseName, lease.LostReason ?? "it was lost");
                }
            }
            catch (KubeException failure)
            {
                CannotLead(@namespace, LeaseName, failure.Message);
                await Task.Delay(Pause, time, cancel);
            }
        }
    }

    async Task MakeLease(CancellationToken cancel)
    {
        if (await kube.Get(KubeResources.Leases, @namespace, LeaseName, cancel) is not null)
            return;
        try
        {
            await kube.Create(KubeResources.Leases, new Lease { Metadata = new KubeMetadata { Name = LeaseName, Namespace = @namespace } }, cancel);
        }
        catch (KubeException other) when (other.IsAlreadyExists)
        {
            // Another replica was faster.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "no longer leading, lease {Namespace}/{Name}: {Reason}")]
    partial void Lost(string @namespace, string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "cannot lead, lease {Namespace}/{Name}: {Reason}; trying again")]
    partial void CannotLead(string @namespace, string name, string reason);
}
