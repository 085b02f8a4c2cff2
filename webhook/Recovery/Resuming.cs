using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Recovery;

/// <summary>Has a restore finished that stopped the workload and died: by a Job that runs <c>restore --resume</c>, once per interruption.</summary>
sealed class Resuming(KubeClient kube, EventRecorder events)
{
    /// <summary>Jobs change without a word to us.</summary>
    static readonly TimeSpan LookAtJobs = TimeSpan.FromSeconds(30);

    static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(10);

    /// <param name="lease">Just read; free, or its holder is dead.</param>
    public async Task<RecoveryOutcome> Tend(Lease lease, LeaseFacts facts, TendedLease memory, ProtectedWorkload workload, ProtectionPlan? plan, CancellationToken cancel)
    {
        if (memory.Rest is { } rest)
            return new(rest, memory.Problem);
        var hasActive = await HasActive(workload.Id, cancel);
        if (memory.SawActive && !hasActive && facts.Resumes > 0)
        {
            // It has ended, and settled nothing.
            memory.SawActive = false;
            memory.Failed();
            return new(memory.Rest, memory.Problem);
        }
        memory.SawActive = hasActive;
        var active = memory.Active(hasActive);
        switch (ResumeDecision.Of(facts, lease, workload.Id, hasActive, plan))
        {
            case ResumeStep.Start start:
                return await Start(start, ResumeJob.For(plan!, start.Claim, start.Interruption), lease, facts, memory, workload, cancel);
            case ResumeStep.Tell tell:
                if (memory.Tells(tell.Why))
                    await events.Record(workload.Reference(), EventRecorder.Warning, "RestoreNotResumed", tell.Why, cancel);
                return new(LookAgain, tell.Why);
            default:
                return active < LongestWait ? new(LookAtJobs, null) : await Stuck(memory, workload, cancel);
        }
    }

    /// <summary>A pod that never starts holds no Lease, and restores have no deadline.</summary>
    async Task<RecoveryOutcome> Stuck(TendedLease memory, ProtectedWorkload workload, CancellationToken cancel)
    {
        var problem = $"a restore has stopped {workload.Id.ApiKind} \"{workload.Id.Name}\", and its Job has not begun to finish it for {LongestWait.TotalMinutes} minutes: look at that Job's pod (its image, Secrets, node, quota)";
        if (memory.Tells(problem))
            await events.Record(workload.Reference(), EventRecorder.Warning, "RestoreNotResumed", problem, cancel);
        return new(LookAtJobs, problem);
    }

    /// <summary>The restore is settled.</summary>
    public Task Forget(Lease lease, CancellationToken cancel) => Note(lease, null, cancel);

    async Task<RecoveryOutcome> Start(
        ResumeStep.Start start, WantedObject job, Lease lease, LeaseFacts facts, TendedLease memory, ProtectedWorkload workload, CancellationToken cancel)
    {
        try
        {
            await Create(job, cancel);
        }
        catch (KubeException refused) when (!refused.IsTransient)
        {
            var problem = $"a restore has stopped {workload.Id.ApiKind} \"{workload.Id.Name}\", and the Job that finishes it was refused: {refused.Message}";
            memory.Failed();
            if (memory.Tells(problem))
                await events.Record(workload.Reference(), EventRecorder.Warning, "RestoreNotResumed", problem, cancel);
            return new(memory.Rest, problem);
        }
        // After it, so that a Job which was made and not noted is found by its name.
        await Note(lease, facts.Resumes + 1, cancel);
        await events.Record(workload.Reference(), EventRecorder.Normal, "RestoreResumed",
            $"a restore into claim \"{start.Claim.Name}\" was cut short and left the workload stopped; Job \"{job.Name}\" finishes it", cancel);
        memory.SawActive = true;
        return new(LookAtJobs, null);
    }

    async Task<bool> HasActive(WorkloadId workload, CancellationToken cancel)
    {
        await foreach (var job in kube.List(RestoreJobs.Resource, workload.Namespace, new ListOptions(), cancel))
            if (RestoreJobs.IsOf(job, workload) && RestoreJobs.IsActive(job) && !RestoreJobs.IsOutlived(await PodsOf(job, cancel)))
                return true;
        return false;
    }

    async Task<List<Pod>> PodsOf(KubeObject job, CancellationToken cancel)
    {
        var pods = new List<Pod>();
        var ofJob = new ListOptions { LabelSelector = $"batch.kubernetes.io/controller-uid={job.Metadata.Uid}" };
        await foreach (var pod in kube.List(KubeResources.Pods, job.Metadata.Namespace, ofJob, cancel))
            pods.Add(pod);
        return pods;
    }

    async Task Create(WantedObject job, CancellationToken cancel)
    {
        try
        {
            await kube.Create(RestoreJobs.Resource, job.Body.Deserialize(RestoreJobs.Resource.Json)!, cancel);
        }
        catch (KubeException made) when (made.IsAlreadyExists)
        {
            // By us, before a restart, or by the leader before us.
        }
    }

    Task<Lease> Note(Lease lease, int? resumes, CancellationToken cancel) => kube.MergePatch(KubeResources.Leases, lease.Metadata.Namespace, lease.Metadata.Name,
        new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [LeaseNotes.Resumes] = resumes?.ToString(CultureInfo.InvariantCulture) } } }, cancel);
}
