using System.Security.Cryptography;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Recovery;

/// <summary>
/// Thaws what a killed run left frozen, in that very pod, as the holder of the claim's Lease: no run and no other replica acts meanwhile. At least once:
/// a mark that could not be cleared makes it happen again.
/// </summary>
/// <param name="instance">This replica's pod: the holder's name begins with it.</param>
sealed class Thawing(KubeClient kube, EventRecorder events, string instance, TimeProvider time)
{
    /// <summary>So much may clocks of nodes differ: the mark's time is its run's, a container's start its node's.</summary>
    static readonly TimeSpan Clocks = TimeSpan.FromMinutes(1);

    static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(10);

    const int NonceBytes = 4;

    static readonly KubeResource<KubeObject> ReplicaSets = KubeResources.Any("apps", "v1", "replicasets");

    readonly ThawRun run = new(kube, time);

    /// <param name="lease">Just read; free, or its holder is dead.</param>
    public async Task<RecoveryOutcome> Tend(Lease lease, LeaseFacts facts, TendedLease memory, ProtectedWorkload workload, PolicyObject? policy, CancellationToken cancel)
    {
        var today = $"{policy?.Uid}/{policy?.Generation}";
        if (memory.Rest is { } rest && memory.Policy == today)
            return new(rest, memory.Problem);
        memory.Policy = today;
        // What only a person can do needs no Lease.
        if ((await Decide(lease, facts.Frozen!, workload, policy, cancel)).Step is ThawStep.Tell tell)
        {
            await Tell(memory, workload, "ThawNotPossible", tell.Why, cancel);
            return new(LookAgain, tell.Why);
        }
        await using var hold = new LeaseLock(kube, workload.Id.Namespace, lease.Metadata.Name, Identity(), LeaseTiming.Default, time);
        if (await hold.AcquireFrom(LeaseHolding.Of(lease), cancel) is null)
            return new(TendedLease.Look, null);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(hold.Lost, cancel);
        try
        {
            return await Held(hold, lease, memory, workload, policy, either.Token);
        }
        catch (Exception lost) when (lost is LeaseLostException || lost is OperationCanceledException && hold.Lost.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            // Whoever holds it now finds the mark.
            return new(TendedLease.Look, null);
        }
    }

    async Task<RecoveryOutcome> Held(LeaseLock hold, Lease lease, TendedLease memory, ProtectedWorkload workload, PolicyObject? policy, CancellationToken cancel)
    {
        if (hold.Annotations.GetValueOrDefault(LeaseNotes.Frozen) is not { Length: > 0 } text)
            return RecoveryOutcome.Done;
        var (step, mark, pod) = await Decide(lease, text, workload, policy, cancel);
        switch (step)
        {
            case ThawStep.Void nothing:
                await Clear(hold, memory, cancel);
                await events.Record(workload.Reference(), EventRecorder.Normal, "FrozenPodGone", nothing.Why, cancel);
                return RecoveryOutcome.Done;
            case ThawStep.Run thaw:
                return await Thaw(hold, thaw, mark!, pod!, lease.Metadata.Name, memory, workload, cancel);
            default:
                // It has become so since; the next look tells.
                return new(TimeSpan.Zero, null);
        }
    }

    async Task<RecoveryOutcome> Thaw(
        LeaseLock hold, ThawStep.Run thaw, FrozenPod mark, Pod pod, string lease, TendedLease memory, ProtectedWorkload workload, CancellationToken cancel)
    {
        var failure = await run.Once(thaw, cancel);
        if (failure is null)
        {
            await Clear(hold, memory, cancel);
            await events.Record(workload.Reference(), EventRecorder.Warning, "ThawedAfterKill", $"{ThawDecision.Killed(mark)}; it was thawed", cancel);
            return RecoveryOutcome.Done;
        }
        // What was frozen by the old process may have ended with it. A thaw does no harm there, but may well fail. One that has said nothing proves nothing: a file system stays frozen.
        if (failure.HasAnswered && ThawDecision.HasRestarted(mark, pod, Clocks))
        {
            await Clear(hold, memory, cancel);
            await events.Record(workload.Reference(), EventRecorder.Warning, "FrozenContainerRestarted",
                $"{ThawDecision.Killed(mark)}; container \"{mark.Container}\" was restarted since, {failure.Why}, and nothing is taken to be frozen any more", cancel);
            return RecoveryOutcome.Done;
        }
        var problem = $"{ThawDecision.Killed(mark)}; {failure.Why}; it is tried again, or {ThawDecision.ByHand(lease)}";
        memory.Failed();
        await Tell(memory, workload, "ThawFailed", problem, cancel);
        return new(memory.Rest, problem);
    }

    static async Task Clear(LeaseLock hold, TendedLease memory, CancellationToken cancel)
    {
        hold.Annotate(LeaseNotes.Frozen, null);
        await hold.Confirm(cancel);
        memory.Succeeded();
    }

    async Task<(ThawStep Step, FrozenPod? Mark, Pod? Pod)> Decide(Lease lease, string text, ProtectedWorkload workload, PolicyObject? policy, CancellationToken cancel)
    {
        var mark = ThawDecision.Read(text);
        var pod = mark is not null ? await kube.Get(KubeResources.Pods, workload.Id.Namespace, mark.Pod, cancel) : null;
        var isOwned = pod is not null && await IsOwned(pod, workload, cancel);
        return (ThawDecision.Of(lease.Metadata.Name, mark, pod, isOwned, workload, policy), mark, pod);
    }

    /// <summary>By what made it, not by its labels, which anybody may give to a pod.</summary>
    async Task<bool> IsOwned(Pod pod, ProtectedWorkload workload, CancellationToken cancel)
    {
        if (Controller(pod) is not { } owner)
            return false;
        if (owner.Kind != "ReplicaSet")
            return owner.Kind == workload.Id.ApiKind && owner.Uid == workload.Uid;
        var set = await kube.Get(ReplicaSets, workload.Id.Namespace, owner.Name, cancel);
        return set is not null && set.Metadata.Uid == owner.Uid && Controller(set) is { } above && above.Kind == workload.Id.ApiKind && above.Uid == workload.Uid;
    }

    static OwnerReference? Controller(KubeObject item) => item.Metadata.OwnerReferences?.Find(owner => owner.Controller == true);

    async Task Tell(TendedLease memory, ProtectedWorkload workload, string reason, string words, CancellationToken cancel)
    {
        if (memory.Tells(words))
            await events.Record(workload.Reference(), EventRecorder.Warning, reason, words, cancel);
    }

    string Identity() => $"{instance}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NonceBytes))}";
}
