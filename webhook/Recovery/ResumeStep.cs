using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Recovery;

/// <summary>What is to be done about a workload that a restore has stopped and not started.</summary>
public abstract record ResumeStep
{
    ResumeStep()
    {
    }

    /// <summary>A restore of it is under way, or about to be.</summary>
    public sealed record Wait : ResumeStep;

    /// <summary>A Job <c>restore --resume</c>.</summary>
    /// <param name="Name">The same for the same interruption, however often it is asked.</param>
    public sealed record Start(string Claim, string Name) : ResumeStep;

    /// <summary>Only a person can do it.</summary>
    public sealed record Tell(string Why) : ResumeStep;
}

/// <summary>Decides on a restore Lease that nobody holds while it carries the number of replicas.</summary>
public static class ResumeDecision
{
    /// <summary>Jobs, before a person has to look.</summary>
    public const int MostJobs = 3;

    /// <param name="hasActive">A restore Job of the workload has a pod, or one may still come.</param>
    /// <param name="canPlan">Its Job can be made: there are a policy and the claim.</param>
    public static ResumeStep Of(LeaseFacts facts, Lease lease, WorkloadId workload, bool hasActive, Func<string, bool> canPlan)
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
        if (facts.Resumes >= MostJobs)
        {
            return new ResumeStep.Tell(
                $"{stopped}, and {facts.Resumes} Jobs \"restore --resume\" of claim \"{claim}\" have not finished it: their logs say why; then restore a backup into it again, or run \"restore --resume\"");
        }
        if (!canPlan(claim))
        {
            return new ResumeStep.Tell(
                $"{stopped}, and no Job can be made that finishes it: annotate the workload again with its policy (annotation {ClusterNames.PolicyAnnotation}), with claim \"{claim}\" among its claims, or run \"restore --resume\" by hand");
        }
        return new ResumeStep.Start(claim, NameOf(workload, lease, facts.Resumes));
    }

    static string NameOf(WorkloadId workload, Lease lease, int resumes)
    {
        const int Digits = 10;
        var interruption = string.Join('/', lease.Metadata.Uid, (lease.Spec?.LeaseTransitions ?? 0).ToString(CultureInfo.InvariantCulture), resumes.ToString(CultureInfo.InvariantCulture));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(interruption)))[..Digits];
        var prefix = $"resume-{workload.Name}";
        return $"{prefix[..Math.Min(prefix.Length, ClusterNames.MaxCronJobLength - Digits - 1)].TrimEnd('-', '.')}-{hash}";
    }
}
