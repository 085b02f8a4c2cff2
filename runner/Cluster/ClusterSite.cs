using System.Globalization;
using System.Text;
using System.Text.Json;
using BackupRunner.Hooks;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Sites;
using BackupRunner.Templates;

namespace BackupRunner.Cluster;

/// <summary>
/// A pod of a cluster: Leases keep other runs away, the policy's commands run in the workload's container by exec, and a restore stops and starts
/// the workload.
/// </summary>
public sealed class ClusterSite(KubeClient kube, ClusterRun run, Redaction redaction, Action<string> say, Action<string> warn, TimeProvider time) : IRunSite
{
    /// <summary>Bytes: all annotations of an object share 256 KiB. A longer report is on the Lease as in the termination message.</summary>
    const int LongestReport = 64 * 1024;

    readonly ClusterHold hold = new(kube, run.Series.Namespace, run.Pod, say, time);
    readonly List<(string Name, LeaseLock Lease)> otherLeases = [];
    LeaseLock? claimLease;
    LeaseLock? restoreLease;

    /// <summary>The Lease that tells of this run; null: none does.</summary>
    LeaseLock? noted;
    MakeWay? makeWay;
    RestoreContainerShell? restoreContainer;

    SeriesId Series => run.Series;

    string ClaimLease => ClusterNames.OfClaim(Series.Kind, Series.Name, Series.Claim);

    bool ReadsVolume { get; set; }

    public Middleware? Middleware { get; private set; }

    public async Task HoldForBackup(BackupId id, string data, CancellationToken cancel)
    {
        await HoldForCheck(data, cancel);
        claimLease!.Annotate(LeaseNotes.Id, id.Text);
        Note(claimLease);
        if (claimLease.Annotations.GetValueOrDefault(LeaseNotes.Script) is { Length: > 0 } script)
        {
            throw new RunnerException(ExitCode.Volume, $"commands.restore was putting {script} in place and did not end well: the data is neither the old nor the new, and no backup is made of it",
                "restore a backup: --backup ID, --before TIME or --latest");
        }
    }

    public async Task HoldForCheck(string data, CancellationToken cancel)
    {
        await RequireOwnClaim(cancel);
        ReadsVolume = true;
        if (run.LeaseWait == TimeSpan.Zero)
        {
            await TakeClaims(TimeSpan.Zero, cancel);
            return;
        }
        // The volume is mounted already: who waits makes way, too. Without a pod to watch it may be a restore that holds them, whose workload must find the volume free.
        if (await FindPod(cancel) is not { } pod)
        {
            await TakeClaims(run.OtherLeases.Count == 0 ? run.LeaseWait : TimeSpan.Zero, cancel);
            return;
        }
        await using var waiting = new MakeWay(kube, pod.At, container: null);
        waiting.Begin();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancel, waiting.Away);
        try
        {
            await TakeClaims(run.LeaseWait, ends.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested && waiting.Reason is { } reason)
        {
            throw reason;
        }
    }

    public async Task HoldForPrune(CancellationToken cancel) => Note(claimLease = await hold.Take(ClaimLease, run.LeaseWait, cancel));

    public async Task HoldForRestore(string target, CancellationToken cancel)
    {
        await RequireOwnClaim(cancel);
        if (run.Policy.Commands is { Restore: not null, RunIn: not RunIn.Runner })
        {
            restoreContainer = new RestoreContainerShell(Path.Join(Path.GetDirectoryName(run.ArchivePath), RestoreContainer.Folder), say, time);
            await restoreContainer.Begin(cancel);
        }
        Note(restoreLease = await hold.Take(ClusterNames.OfRestore(Series.Kind, Series.Name), run.LeaseWait, cancel));
        await TakeClaims(run.LeaseWait, cancel);
        Middleware = new Middleware(kube, Series, restoreLease, claimLease!, hold, run.Pod, run.Policy.Restore.StartTimeout, say, time);
    }

    void Note(LeaseLock lease)
    {
        noted = lease;
        TellNothing(lease); // a killed run has left its own
    }

    static void TellNothing(LeaseLock lease)
    {
        lease.Annotate(LeaseNotes.Progress, null);
        lease.Annotate(LeaseNotes.Percent, null);
    }

    /// <summary>All runs take them in the order of their names, so that no two ever wait for each other.</summary>
    async Task TakeClaims(TimeSpan wait, CancellationToken cancel)
    {
        foreach (var name in run.OtherLeases.Append(ClaimLease).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var lease = await hold.Take(name, wait, cancel);
            if (name == ClaimLease)
                claimLease = lease;
            else
                otherLeases.Add((name, lease));
        }
    }

    /// <summary>A hand-written Job that mounts another claim than it names would overwrite that one, with all the locks of this one.</summary>
    async Task RequireOwnClaim(CancellationToken cancel)
    {
        var own = await ApiFailure.Translated(kube.Get(KubeResources.Pods, Series.Namespace, run.Pod, cancel));
        if (own is not null && !PodChoice.Mounts(own, Series.Claim))
        {
            throw new RunnerException(ExitCode.Usage, $"this pod, \"{run.Pod}\", does not mount claim \"{Series.Claim}\", which --claim names",
                "mount that claim at the folder that --data names");
        }
    }

    string? FrozenUid => FrozenBy(claimLease)?.PodUid;

    static FrozenPod? FrozenBy(LeaseLock? lease) => lease?.Annotations.GetValueOrDefault(LeaseNotes.Frozen) is { Length: > 0 } mark ? FrozenPod.Parse(mark) : null;

    /// <summary>A run of another claim was killed while it had this very pod frozen. Its thaw is not ours: it may name that claim's path.</summary>
    void RequireThawed(WorkloadPod pod)
    {
        foreach (var (name, lease) in otherLeases)
        {
            if (FrozenBy(lease) is { } mark && mark.PodUid == pod.Uid)
            {
                throw new RunnerException(ExitCode.Command, $"backup \"{mark.BackupId}\" was killed while it had pod \"{pod.Name}\" frozen, and nobody has thawed it yet (annotation {LeaseNotes.Frozen} of lease {name})",
                    "the webhook thaws it as soon as this run has let go of that lease; without it the next backup of that claim does");
            }
        }
    }

    /// <summary>In another series' cluster or namespace there may be no Lease for us: reading proves what is read.</summary>
    public void HoldSource(SeriesId source, BackupId id)
    {
    }

    /// <summary>Its Lease is not ours to read.</summary>
    public bool MayBeAtWork(SeriesId other) => true;

    public async Task During(Func<CancellationToken, Task> body, CancellationToken cancel)
    {
        if (ReadsVolume && await FindPod(cancel) is { } pod)
        {
            makeWay = new MakeWay(kube, pod.At, run.Policy.Settings.Consistency is { Enabled: true, Freeze.Command: not null } ? pod.At.Container : null);
            makeWay.Begin();
        }
        using var ends = CancellationTokenSource.CreateLinkedTokenSource([cancel, .. hold.Lost, makeWay?.Away ?? CancellationToken.None]);
        try
        {
            await body(ends.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or RunnerException && !cancel.IsCancellationRequested && Reason is { } reason)
        {
            throw failure is RunnerException known && known.ExitCode != reason.ExitCode && known.ExitCode != ExitCode.Stopped
                ? new RunnerException(reason.ExitCode, $"{reason.Message}; {known.Message}", known.Hint ?? reason.Hint, known)
                : new RunnerException(reason.ExitCode, reason.Message, reason.Hint, failure);
        }
    }

    public Task RequireRestoreShell(CancellationToken cancel) => restoreContainer?.RequireWaiting(cancel) ?? Task.CompletedTask;

    RunnerException? Reason => hold.LostReason ?? makeWay?.Reason;

    public void Enter(string phase) => noted?.Annotate(LeaseNotes.Phase, phase);

    public void Tell(string progress, int? percent)
    {
        noted?.Annotate(LeaseNotes.Progress, progress);
        noted?.Annotate(LeaseNotes.Percent, percent?.ToString(CultureInfo.InvariantCulture));
    }

    public void Conclude(RunReport report)
    {
        if (noted is not { } lease)
            return;
        lease.Annotate(LeaseNotes.Phase, report.ExitCode == (int)ExitCode.Done ? "done" : "failed");
        TellNothing(lease);
        var full = JsonSerializer.SerializeToUtf8Bytes(report, ReportJson.Default.RunReport);
        lease.Annotate(LeaseNotes.Report, Encoding.UTF8.GetString(full.Length <= LongestReport ? full : TerminationMessage.Of(report)));
        if (report.Backups is [.., var backup])
            lease.Annotate(LeaseNotes.Id, backup.Id);
    }

    public async ValueTask DisposeAsync()
    {
        if (makeWay is not null)
            await makeWay.DisposeAsync();
        if (restoreContainer is not null)
            await restoreContainer.DisposeAsync();
        await hold.DisposeAsync();
        kube.Dispose();
    }

    public async Task<WorkloadSide> Workload(CancellationToken cancel)
    {
        var lease = claimLease ?? throw new RunnerException(ExitCode.Locked, $"lease \"{ClaimLease}\" is not held");
        var pod = await FindPod(cancel);
        if (pod is null && NeedsCommands)
        {
            throw new RunnerException(ExitCode.Command, $"no pod of {Series.Kind} \"{Series.Name}\" with claim \"{Series.Claim}\" runs in namespace \"{Series.Namespace}\", and the policy runs commands in it",
                "start the workload; a backup of a stopped one needs backup.settings.consistency.enabled: false");
        }
        if (pod is not null && ReadsVolume)
            RequireThawed(pod.At);
        var local = new LocalShell(redaction, say, time);
        IWorkloadShell shell = pod is null ? new NoPodShell(Series) : new PodShell(kube, pod.At, redaction.And(PodChoice.EnvironmentOf(pod.Container)), say, time);
        var inRunner = run.Policy.Commands.RunIn == RunIn.Runner;
        return new WorkloadSide(
            new WorkloadNames(Series.Kind, Series.Name, Series.Namespace, pod?.At.Name ?? "", pod?.At.Container ?? "", Series.Claim),
            pod?.MountPath,
            shell,
            inRunner || pod is null ? new LocalScriptArchiver(local) : new PodArchiver(kube, pod.At, shell),
            (IWorkloadShell?)restoreContainer ?? local,
            new LeaseMark(kube, lease, Series.Namespace, ClaimLease, pod?.At, warn, time));
    }

    bool NeedsCommands => ReadsVolume && (run.Policy.Settings.Consistency.Enabled || run.Policy.Commands is { Backup: not null, RunIn: not RunIn.Runner });

    async Task<FoundPod?> FindPod(CancellationToken cancel)
    {
        var workload = await ApiFailure.Translated(kube.Get(WorkloadKind.Resource(Series.Kind)!, Series.Namespace, Series.Name, cancel))
            ?? throw new RunnerException(ExitCode.Usage, $"there is no {Series.Kind} \"{Series.Name}\" in namespace \"{Series.Namespace}\"", "--workload names it; --no-kube works without it");
        var pods = new List<Pod>();
        try
        {
            await foreach (var pod in kube.List(KubeResources.Pods, Series.Namespace, new ListOptions { LabelSelector = workload.Spec?.Selector?.ToQuery() }, cancel))
                pods.Add(pod);
        }
        catch (KubeException failure)
        {
            throw ApiFailure.Of(failure);
        }
        if (PodChoice.ForClaim(Series.Kind, Series.Name, Series.Claim, pods, FrozenUid) is not { } found)
            return null;
        var wanted = run.Policy.Settings.Consistency.Container;
        var container = PodChoice.ContainerOf(found, Series.Claim, wanted) ?? throw new RunnerException(
            ExitCode.Usage, $"pod \"{found.Metadata.Name}\" has no container \"{wanted}\" (backup.settings.consistency.container)",
            $"it has {string.Join(", ", (found.Spec?.Containers ?? []).Select(one => $"\"{one.Name}\""))}");
        return new FoundPod(new WorkloadPod(Series.Namespace, found.Metadata.Name, found.Metadata.Uid ?? "", container.Name), container, found.MountPath(container, Series.Claim));
    }

    sealed record FoundPod(WorkloadPod At, PodContainer Container, string? MountPath);
}

/// <summary>What a run in a cluster is about.</summary>
/// <param name="Pod">This run's own pod.</param>
/// <param name="OtherLeases">Leases that a restore, a backup or a check holds besides its claim's.</param>
/// <param name="LeaseWait">How long a live holder is waited for.</param>
public sealed record ClusterRun(SeriesId Series, BackupPolicy Policy, string Pod, string ArchivePath, IReadOnlyList<string> OtherLeases, TimeSpan LeaseWait);
