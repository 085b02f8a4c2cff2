using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Recovery;

/// <summary>Decides on a restore Lease that nobody holds while it carries the number of replicas.</summary>
public static class ResumeDecision
{
    /// <summary>Jobs, before a person has to look.</summary>
    public const int MostJobs = 3;

    /// <param name="hasActive">A restore Job of the workload has a pod, or one may still come.</param>
    /// <param name="plan">Null: none can be made.</param>
    public static ResumeStep Of(LeaseFacts facts, Lease lease, WorkloadId workload, bool hasActive, ProtectionPlan? plan)
    {
        if (hasActive)
            return new ResumeStep.Wait();
        var stopped = $"a restore has stopped {workload.ApiKind} \"{workload.Name}\" of {facts.Replicas} replicas and has not started it again";
        if (facts.Script is { } script)
        {
            return new ResumeStep.Tell(
                $"{stopped}: commands.restore was putting backup {script} in place and did not end well, so the data is neither the old nor the new; restore a backup into claim \"{facts.Claim}\" again");
        }
        if (facts.Claim is not { } claim)
            return new ResumeStep.Tell($"{stopped}, and its Lease does not name the claim; run \"restore --resume\" for the claim that was restored");
        if (facts.IsInUse)
        {
            // Finishing it would stop what is in use, and may put the data back that was there before.
            return new ResumeStep.Tell(
                $"a restore into claim \"{claim}\" of {workload.ApiKind} \"{workload.Name}\" was cut short, and somebody has started the workload since: it is not finished by itself. "
                + $"Run \"restore --resume\" by hand, which stops the workload and may put the old data back; or, when the data is as it should be, remove annotation {LeaseNotes.Replicas} of lease \"{lease.Metadata.Name}\"");
        }
        if (facts.Resumes >= MostJobs)
        {
            return new ResumeStep.Tell(
                $"{stopped}, and {facts.Resumes} Jobs \"restore --resume\" of claim \"{claim}\" have not finished it: their logs say why; then restore a backup into it again, or run \"restore --resume\"");
        }
        if (plan?.Claims.FirstOrDefault(one => one.Name == claim) is not { } planned)
        {
            return new ResumeStep.Tell(
                $"{stopped}, and no Job can be made that finishes it: annotate the workload again with its policy (annotation {ClusterNames.PolicyAnnotation}), with claim \"{claim}\" among its claims, or run \"restore --resume\" by hand");
        }
        return new ResumeStep.Start(planned, Interruption(lease, facts.Resumes));
    }

    /// <summary>A run that took the Lease and died too has made another of it; so has each Job that ended before it took the Lease.</summary>
    static string Interruption(Lease lease, int resumes) => FormattableString.Invariant($"{lease.Metadata.Uid}/{lease.Spec?.LeaseTransitions ?? 0}/{resumes}");
}
