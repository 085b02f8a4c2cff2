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
/// <param name="resumeJob">The Job for a claim; null: the plan has no such claim. Its name is given here.</param>
sealed class Resuming(KubeClient kube, EventRecorder events, Func<ProtectionPlan, string, WantedObject?> resumeJob)
{
    /// <summary>Jobs change without a word to us.</summary>
    static readonly TimeSpan LookAtJobs = TimeSpan.FromSeconds(30);

    static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(10);

    /// <param name="lease">Just read; free, or its holder is dead.</param>
    public async Task<RecoveryOutcome> Tend(Lease lease, LeaseFacts facts, TendedLease memory, ProtectedWorkload workload, ProtectionPlan? plan, CancellationToken cancel)
    {
        if (memory.Rest is { } rest)
            return new(rest, memory.Problem);
        WantedObject? job = null;
        var hasActive = await HasActive(workload.Id, cancel);
        if (memory.SawActive && !hasActive && facts.Resumes > 0)
        {
            // It has ended, and settled nothing.
            memory.SawActive = false;
            memory.Failed();
            return new(memory.Rest, memory.Problem);
        }
        memory.SawActive = hasActive;
        switch (ResumeDecision.Of(facts, lease, workload.Id, hasActive, claim => (job = plan is null ? null : resumeJob(plan, claim)) is not null))
        {
            case ResumeStep.Start start:
                return await Start(start, job!, lease, facts, memory, workload, cancel);
            case ResumeStep.Tell tell:
                if (memory.Tells(tell.Why))
                    await events.Record(workload.Reference(), EventRecorder.Warning, "RestoreNotResumed", tell.Why, cancel);
                return new(LookAgain, tell.Why);
            default:
                return new(LookAtJobs, null);
        }
    }

    /// <summary>The restore is settled.</summary>
    public Task Forget(Lease lease, CancellationToken cancel) => Note(lease, null, cancel);

    async Task<RecoveryOutcome> Start(
        ResumeStep.Start start, WantedObject job, Lease lease, LeaseFacts facts, TendedLease memory, ProtectedWorkload workload, CancellationToken cancel)
    {
        try
        {
            await Create(Named(job, start.Name), cancel);
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
            $"a restore into claim \"{start.Claim}\" was cut short and left the workload stopped; Job \"{start.Name}\" finishes it", cancel);
        memory.SawActive = true;
        return new(LookAtJobs, null);
    }

    async Task<bool> HasActive(WorkloadId workload, CancellationToken cancel)
    {
        await foreach (var job in kube.List(RestoreJobs.Resource, workload.Namespace, new ListOptions(), cancel))
            if (RestoreJobs.IsOf(job, workload) && RestoreJobs.IsActive(job))
                return true;
        return false;
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

    static WantedObject Named(WantedObject job, string name)
    {
        var body = (JsonObject)job.Body.DeepClone();
        var metadata = (JsonObject)body["metadata"]!;
        metadata.Remove("generateName");
        metadata["name"] = name;
        return job with { Name = name, Body = body };
    }

    Task<Lease> Note(Lease lease, int? resumes, CancellationToken cancel) => kube.MergePatch(KubeResources.Leases, lease.Metadata.Namespace, lease.Metadata.Name,
        new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [LeaseNotes.Resumes] = resumes?.ToString(CultureInfo.InvariantCulture) } } }, cancel);
}
