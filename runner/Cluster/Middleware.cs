using System.Globalization;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Schedule;

namespace BackupRunner.Cluster;

/// <summary>
/// The program that uses the data, as a StatefulSet or Deployment: scaled to zero before a restore changes anything, and back after it. How many replicas
/// it had stands on the restore Lease, written once, before it is stopped: a restore that is killed anywhere can be resumed.
/// </summary>
/// <param name="lease">The restore Lease, held.</param>
/// <param name="claimLease">The Lease of the claim that is restored, held.</param>
/// <param name="hold">All Leases of the run.</param>
/// <param name="ownPod">This run's pod.</param>
public sealed class Middleware(
    KubeClient kube, SeriesId series, LeaseLock lease, LeaseLock claimLease, ClusterHold hold, string ownPod, TimeSpan patience, Action<string> say, TimeProvider time)
{
    /// <summary>How long a pod on another node may take for what is not the volume: its image.</summary>
    static readonly TimeSpan ElsewherePatience = TimeSpan.FromMinutes(2);

    readonly KubeResource<Workload> resource = WorkloadKind.Resource(series.Kind)!;
    readonly WorkloadPods pods = new(kube, series, ownPod, hold.Displaced);
    readonly ApiPatience api = new(patience, say, time);
    bool stopped;
    bool started;

    public override string ToString() => Named;

    string Named => $"{series.Kind} \"{series.Name}\"";

    /// <summary>How many replicas it had when it was stopped; null: no restore has stopped it.</summary>
    public int? Remembered => int.TryParse(lease.Annotations.GetValueOrDefault(LeaseNotes.Replicas), NumberStyles.None, CultureInfo.InvariantCulture, out var replicas) ? replicas : null;

    /// <summary>Stopped by this run or an earlier one, and not started again by this.</summary>
    public bool IsStopped => Remembered is not null && !started;

    /// <summary>The backup whose <c>commands.restore</c> was begun and not seen to end well: the data is neither old nor new. Null: none.</summary>
    public string? OpenScript => lease.Annotations.GetValueOrDefault(LeaseNotes.Script) is { Length: > 0 } id ? id : null;

    /// <summary>What went on that the user must know of although the data is in place; null: nothing.</summary>
    public string? Disturbance { get; private set; }

    /// <summary>Looks for what would stop a restore while nothing has been touched.</summary>
    /// <exception cref="RunnerException">Exit code 6, or 2 where there is no such workload or no permission.</exception>
    public async Task Preflight(CancellationToken cancel)
    {
        if (lease.Annotations.GetValueOrDefault(LeaseNotes.Claim) is { Length: > 0 } claim && claim != series.Claim && Remembered is not null)
        {
            throw new RunnerException(ExitCode.Volume, $"a restore into claim \"{claim}\" of {Named} has stopped it and has not ended",
                $"finish that one first: restore --resume with --claim {claim}");
        }
        var workload = await Get(cancel);
        if (workload.Spec?.PersistentVolumeClaimRetentionPolicy?.WhenScaled == "Delete")
        {
            throw new RunnerException(ExitCode.Volume, $"{Named} deletes its claims when it is scaled down (persistentVolumeClaimRetentionPolicy.whenScaled: Delete): stopping it would destroy the data",
                "set whenScaled: Retain");
        }
        var scale = await Scale(cancel);
        if (await pods.Strangers(scale, cancel) is [var other, ..])
        {
            throw new RunnerException(ExitCode.Volume, $"pod \"{other.Metadata.Name}\" has claim \"{series.Claim}\" too, and is not of {Named}: it would see its data change",
                "end it first");
        }
    }

    /// <summary>Scales it to zero and returns once nothing of it runs.</summary>
    /// <exception cref="RunnerException">Exit code 6: it does not stop.</exception>
    public async Task Stop(CancellationToken cancel)
    {
        lease.Annotate(LeaseNotes.Started, null);
        await hold.Confirm(cancel);
        var scale = await Scale(cancel);
        var replicas = scale.Spec?.Replicas ?? 0;
        if (Remembered is null)
        {
            lease.Annotate(LeaseNotes.Claim, series.Claim);
            lease.Annotate(LeaseNotes.Replicas, replicas.ToString(CultureInfo.InvariantCulture));
            try
            {
                await hold.Confirm(cancel);
            }
            catch when (Remembered is null)
            {
                // Nothing was stopped: no later write of the Lease may say so.
                lease.Annotate(LeaseNotes.Claim, null);
                lease.Annotate(LeaseNotes.Replicas, null);
                throw;
            }
        }
        (stopped, started) = (true, false);
        if (replicas > 0)
        {
            say($"stopping {Named}: {replicas} replicas to 0");
            await ScaleTo(0, cancel);
        }
        await api.Until(() => StillThere(scale, cancel),
            left => new RunnerException(ExitCode.Volume, $"{Named} did not stop within {Duration.Format(patience)}: {left}",
                "something starts it again, or a pod cannot end: pause its autoscaler (HPA, KEDA), GitOps or operator; backup.restore.startTimeout sets the time"), cancel);
    }

    /// <returns>Null once its controller has seen that it shall have no pods, it has none, and nobody else has the claim.</returns>
    async Task<string?> StillThere(Scale scale, CancellationToken cancel)
    {
        List<Pod> left = [.. await pods.Running(scale, cancel), .. await pods.Strangers(scale, cancel)];
        if (left.Count > 0)
            return $"stopping {Named}: {WorkloadPods.Listed(left)} still there";
        var now = await Get(cancel);
        return (now.Status?.ObservedGeneration ?? 0) < (now.Metadata.Generation ?? 0) ? $"stopping {Named}: its controller has not seen it yet" : null;
    }

    /// <summary>That it still is as <see cref="Stop"/> left it; stops it where this run has not yet.</summary>
    /// <exception cref="RunnerException">Exit code 6: somebody has started it.</exception>
    public async Task RequireStopped(CancellationToken cancel)
    {
        if (!stopped)
        {
            await Stop(cancel);
            return;
        }
        await hold.Confirm(cancel);
        var scale = await Scale(cancel);
        List<Pod> left = [.. await pods.Running(scale, cancel), .. await pods.Strangers(scale, cancel)];
        if (left.Count > 0 || (scale.Spec?.Replicas ?? 0) > 0)
        {
            throw new RunnerException(ExitCode.Volume,
                $"somebody started {Named}, or took its claim, while it was being restored ({(left.Count > 0 ? WorkloadPods.Listed(left) : $"replicas: {scale.Spec!.Replicas}")})",
                "pause its autoscaler (HPA, KEDA), GitOps or operator for the time of the restore; end other pods that have the claim");
        }
    }

    /// <summary>Scales it back to what it had.</summary>
    public async Task Release(CancellationToken cancel)
    {
        if (Remembered is not { } replicas)
            return;
        // Before it runs: otherwise a run that is killed here seems to have been set aside by somebody who needed the workload.
        lease.Annotate(LeaseNotes.Started, UtcTime.Text(time.GetUtcNow()));
        await hold.Confirm(cancel);
        var scale = await Scale(cancel);
        if (stopped && !started && await pods.Running(scale, cancel) is { Count: > 0 } early)
            Disturbance = $"somebody started {Named} before the restore did ({WorkloadPods.Listed(early)}); the restored data is in place";
        if ((scale.Spec?.Replicas ?? 0) != replicas)
        {
            say($"starting {Named}: {replicas} replicas");
            await ScaleTo(replicas, cancel);
        }
        started = true;
    }

    /// <summary>Scales it back and waits until all replicas are ready.</summary>
    /// <exception cref="RunnerException">Exit code 3: not ready in time.</exception>
    public async Task Start(CancellationToken cancel)
    {
        await Release(cancel);
        if (Remembered is not > 0)
            return;
        var start = time.GetTimestamp();
        await api.Until(
            async () =>
            {
                if (time.GetElapsedTime(start) >= ElsewherePatience && await WaitsElsewhere(cancel) is { } waiting)
                {
                    Disturbance = waiting;
                    return null;
                }
                var now = await Get(cancel);
                var (wanted, ready) = (Remembered ?? 0, now.Status?.ReadyReplicas ?? 0);
                return ready >= wanted && (now.Status?.ObservedGeneration ?? 0) >= (now.Metadata.Generation ?? 0) ? null : $"starting {Named}: {ready} of {wanted} ready";
            },
            left => new RunnerException(ExitCode.Command, $"{Named} was not ready within {Duration.Format(patience)}: {left}",
                "its pods' events and logs say why; backup.restore.startTimeout sets the time"),
            cancel);
    }

    /// <summary>
    /// A pod of the claim that the scheduler has put on another node cannot have a ReadWriteOnce volume before this run's pod has ended: waiting for it
    /// here would undo a good restore.
    /// </summary>
    async Task<string?> WaitsElsewhere(CancellationToken cancel)
    {
        var own = await ApiFailure.Translated(kube.Get(KubeResources.Pods, series.Namespace, ownPod, cancel));
        if (own?.Spec?.NodeName is not { Length: > 0 } here)
            return null;
        var waiting = (await pods.Running(await Scale(cancel), cancel)).Find(pod =>
            PodChoice.Mounts(pod, series.Claim) && pod.Status?.Phase == "Pending" && pod.Spec?.NodeName is { Length: > 0 } there && there != here);
        return waiting is null ? null
            : $"the restored data is in place, but {Named} was not seen to run on it: pod \"{waiting.Metadata.Name}\" waits on node \"{waiting.Spec!.NodeName}\" for the volume, which this pod has on node \"{here}\" until it ends";
    }

    /// <summary>That the run may still change anything: it holds all its Leases.</summary>
    public Task Confirm(CancellationToken cancel) => hold.Confirm(cancel);

    /// <summary>Remembers that a script of the user has begun to change the data; null: it has ended well.</summary>
    public async Task NoteScript(BackupId? id, CancellationToken cancel)
    {
        lease.Annotate(LeaseNotes.Script, id?.Text);
        // A backup may only read this one.
        claimLease.Annotate(LeaseNotes.Script, id?.Text);
        await hold.Confirm(cancel);
    }

    /// <summary>Forgets that it was stopped: it runs as before.</summary>
    public async Task Settled(CancellationToken cancel)
    {
        if (Remembered is null)
            return;
        lease.Annotate(LeaseNotes.Script, null);
        claimLease.Annotate(LeaseNotes.Script, null);
        lease.Annotate(LeaseNotes.Replicas, null);
        lease.Annotate(LeaseNotes.Started, null);
        lease.Annotate(LeaseNotes.Claim, null);
        await hold.Confirm(cancel);
        stopped = started = false;
    }

    async Task<Workload> Get(CancellationToken cancel) =>
        await ApiFailure.Translated(kube.Get(resource, series.Namespace, series.Name, cancel)) ?? throw Missing();

    async Task<Scale> Scale(CancellationToken cancel) =>
        await api.Ask(() => kube.Get(resource.OfScale(), series.Namespace, series.Name, cancel), cancel) ?? throw Missing();

    Task<Scale> ScaleTo(int replicas, CancellationToken cancel) => api.Ask(
        () => kube.MergePatch(resource.OfScale(), series.Namespace, series.Name, new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } }, cancel), cancel);

    RunnerException Missing() => new(ExitCode.Usage, $"there is no {Named} in namespace \"{series.Namespace}\"",
        "make it first, it may have 0 replicas; or restore with --no-kube when nothing runs on the volume");
}
