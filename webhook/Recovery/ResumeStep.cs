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
    /// <param name="Interruption">The same for the same one, however often it is asked: one Job for each.</param>
    public sealed record Start(ProtectedClaim Claim, string Interruption) : ResumeStep;

    /// <summary>Only a person can do it.</summary>
    public sealed record Tell(string Why) : ResumeStep;
}
