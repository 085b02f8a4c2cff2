using BackupRunner.Hooks;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Cluster;

/// <summary>
/// The mark of a frozen workload on the claim's Lease, so that it outlives this pod. It names the very pod that was frozen, and never the thaw command,
/// which comes from the policy.
/// </summary>
/// <param name="pod">Where this run freezes and thaws; null: the workload has no pod now.</param>
/// <param name="warn">Told of a mark that is void.</param>
public sealed class LeaseMark(KubeClient kube, LeaseLock lease, string space, string name, WorkloadPod? pod, Action<string> warn, TimeProvider time) : IFrozenMark
{
    static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(10);
    static readonly TimeSpan ClearPatience = TimeSpan.FromSeconds(20);

    public string Address => $"annotation {LeaseNotes.Frozen} of lease {name}";

    public async Task<Frozen?> Read(CancellationToken cancel)
    {
        if (lease.Annotations.GetValueOrDefault(LeaseNotes.Frozen) is not { Length: > 0 } text)
            return null;
        var frozen = FrozenPod.Parse(text);
        // A mark that cannot be read is a mark all the same: a needless thaw does no harm.
        if (frozen is null)
            return new Frozen("unknown", DateTimeOffset.UnixEpoch);
        if (frozen.PodUid == pod?.Uid)
            return new Frozen(frozen.BackupId, frozen.Since);
        warn($"backup \"{frozen.BackupId}\" was killed while it had pod \"{frozen.Pod}\" frozen; that pod is gone, and with it what was frozen");
        await Clear(cancel);
        return null;
    }

    public Task Write(Frozen frozen, CancellationToken cancel)
    {
        var at = pod ?? throw new RunnerException(ExitCode.Command, "the workload has no pod to freeze");
        return Set(new FrozenPod(frozen.BackupId, frozen.Since, at.Name, at.Uid, at.Container).ToJson(), cancel);
    }

    public async Task<bool> IsAnothers(CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(AskPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            await lease.Confirm(either.Token);
            return false;
        }
        catch (LeaseLostException)
        {
            // Deleted, or nobody's: then there is nobody else to thaw.
            return (await ApiFailure.Translated(kube.Get(KubeResources.Leases, space, name, either.Token)))?.Spec?.HolderIdentity is { Length: > 0 };
        }
        catch (Exception unknown) when (unknown is KubeException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>What the API server does not take now, the next renewal writes; if none comes, the next run thaws once more.</summary>
    public async Task Clear(CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(ClearPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            await Set(null, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            warn($"the workload is thawed, but the {Address} could not be removed yet: the next run may thaw it once more");
        }
    }

    async Task Set(string? value, CancellationToken cancel)
    {
        lease.Annotate(LeaseNotes.Frozen, value);
        try
        {
            await lease.Confirm(cancel);
        }
        catch (LeaseLostException lost)
        {
            throw new RunnerException(ExitCode.Locked, lost.Message, null, lost);
        }
        catch (KubeException failure)
        {
            throw ApiFailure.Of(failure);
        }
    }
}
