using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Webhook.Backups;

/// <summary>How a run ended, as its pod's termination message says, or, without one, its exit code or the Job.</summary>
/// <param name="Message">The runner's report; null: the pod is gone, or it wrote none.</param>
/// <param name="ExitCode">Null: no pod tells.</param>
public sealed record RunOutcome(TerminationMessage? Message, int? ExitCode)
{
    const int LongestText = 1024;

    /// <returns>Null: the pod is another's, or its runner has not ended.</returns>
    public static ContainerTerminated? EndOf(Pod pod, string jobUid) => pod.Metadata.OwnerReferences?.Exists(owner => owner is { Controller: true } && owner.Uid == jobUid) == true
        ? pod.Status?.ContainerStatuses?.Find(container => container.Name == RestoreContainer.Runner)?.State?.Terminated : null;

    /// <param name="last">Of the last pod of the Job; null: none is known.</param>
    public static RunOutcome Of(ContainerTerminated? last) => new(last?.Message is { } text ? TerminationMessage.Parse(text) : null, last?.ExitCode);

    /// <summary>Of a Job that failed: what went wrong and what to do, in plain words.</summary>
    public string Failure(SeenBackup job)
    {
        if (Message is { Error: { } error } report)
            return Cut(report.Hint is { } hint ? $"{error}; {hint}" : error);
        var why = (ExitCode, job.Reason) switch
        {
            (137, _) => "the runner was killed, most likely for its memory, or with its node",
            ({ } code and not 0, _) => $"the runner ended with exit code {code} and without a report",
            (_, "DeadlineExceeded") => "it did not end within a day",
            (_, { } reason) => $"its Job failed ({reason})",
            _ => "its Job failed",
        };
        return $"{why}; kubectl logs job/{job.Name}, or kubectl describe job {job.Name}";
    }

    static string Cut(string text) => text.Length <= LongestText ? text : text[..(LongestText - 1)] + "…";
}
