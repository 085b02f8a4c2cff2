using BackupRunner.Reports;

namespace BackupRunner.Webhook.Restores;

/// <summary>How the run of a Restore ended, as far as it was seen.</summary>
/// <param name="Succeeded">Null: its Job is gone.</param>
/// <param name="Why">Of a Job that failed, as its condition says it.</param>
/// <param name="Report">Of the run itself; null: it said nothing.</param>
/// <param name="IsUnsettled">It has left the workload stopped.</param>
public sealed record SeenEnd(bool? Succeeded, string? Why, RestoreReport? Report, bool IsUnsettled);

/// <summary>What the status of a Restore says at its end. It is never told better than it is known.</summary>
public static class RestoreEnd
{
    const int LongestMessage = 2048, LongestDataMessage = 1024;

    /// <summary>So much may clocks of nodes differ.</summary>
    static readonly TimeSpan Clocks = TimeSpan.FromMinutes(1);

    /// <summary>Its Job has ended, or is gone.</summary>
    /// <param name="status">With the Job and the claim.</param>
    public static RestoreStatus Of(RestoreStatus status, SeenEnd end, DateTimeOffset now)
    {
        var report = end.Report;
        var data = report?.Data ?? (end.Succeeded == true ? DataState.Restored : end.IsUnsettled ? DataState.Unsettled : null);
        var ended = status with
        {
            Phase = end.Succeeded == true ? RestorePhase.Succeeded : RestorePhase.Failed,
            Reason = end.Succeeded switch { true => "Restored", false => "RunFailed", null => "JobDeleted" },
            Completed = now,
            Step = null,
            Percent = end.Succeeded == true ? 100 : null,
            Backup = report?.Id ?? status.Backup,
            ExitCode = report?.ExitCode ?? (end.Succeeded == true ? 0 : null),
            Data = data,
        };
        return ended with
        {
            Message = Cut(end.Succeeded == true ? $"restored {Named(ended)} into claim \"{status.Claim}\"" : Failure(status, end), LongestMessage),
            DataMessage = Cut(DataMessage(ended), LongestDataMessage),
        };
    }

    /// <summary>What it left unsettled is settled.</summary>
    /// <param name="report">The last on the Lease.</param>
    public static RestoreStatus Settled(RestoreStatus status, RestoreReport? report)
    {
        // One from before says nothing about this.
        var told = report is { Data: not null and not DataState.Unsettled } && report.End >= status.Started - Clocks ? report : null;
        // A resume names no backup: what names another has put that one there since.
        if (told?.Id is { } other && other != status.Backup)
            return status with { Data = null, DataMessage = Cut($"another restore has put backup {other} into claim \"{status.Claim}\" since", LongestDataMessage) };
        var isFinished = told is { Data: DataState.Restored, ExitCode: 0 };
        var settled = status with
        {
            Phase = isFinished ? RestorePhase.Succeeded : RestorePhase.Failed,
            Reason = isFinished ? "Restored" : status.Reason,
            Backup = status.Backup ?? told?.Id,
            ExitCode = isFinished ? 0 : status.ExitCode,
            Data = told?.Data,
            Message = isFinished ? $"restored: the run was cut short, and \"restore --resume\" has finished it" : status.Message,
        };
        return settled with { DataMessage = Cut(DataMessage(settled), LongestDataMessage) };
    }

    /// <summary>It was never begun, and never will be.</summary>
    public static RestoreStatus Refused(RestoreStatus status, IEnumerable<string> problems, DateTimeOffset now) => status with
    {
        Phase = RestorePhase.Failed,
        Reason = "NotPossible",
        Completed = now,
        Data = DataState.Untouched,
        Message = Cut(string.Join("; ", problems), LongestMessage),
        DataMessage = "nothing was begun: the claim holds what it held before; make another Restore when all that it needs is there",
    };

    static string Failure(RestoreStatus status, SeenEnd end) => (end.Report, end.Succeeded) switch
    {
        ({ Error: { } error }, _) => end.Report.Hint is { } hint ? $"{error}; {hint}" : error,
        (_, null) => $"Job \"{status.Job}\" was deleted before it had ended, or could not be made; make another Restore",
        _ => $"Job \"{status.Job}\" failed{(end.Why is { Length: > 0 } why ? $": {why}" : "")}; its run did not say why: kubectl logs job/{status.Job}",
    };

    static string DataMessage(RestoreStatus status)
    {
        var claim = $"claim \"{status.Claim}\"";
        return (status.Data, status.Phase) switch
        {
            (DataState.Untouched, _) => $"{claim} holds what it held before: nothing of it was touched; mend what the message says, and make another Restore",
            (DataState.RolledBack, _) => $"{claim} holds what it held before: the old data was put back; mend what the message says, and make another Restore",
            (DataState.Restored, RestorePhase.Succeeded) => $"{claim} holds the data of {Named(status)}",
            (DataState.Restored, _) => $"{claim} holds the data of {Named(status)}, and nothing of the old is left to go back to: look whether {status.Workload} runs well on it",
            (DataState.Unsettled, _) => $"{claim} holds neither the old data nor the new for certain, and {status.Workload} may be stopped: \"restore --resume\" finishes or undoes it, which backup-webhook has done; the Events of {status.Workload} say how that goes",
            _ => $"nobody has said what {claim} holds: all that it held before, or all of {Named(status)}; the log of the run says which",
        };
    }

    static string Named(RestoreStatus status) => status.Backup is { } id ? $"backup {id}" : "the backup";

    static string Cut(string text, int length) => text.Length <= length ? text : text[..(length - 3)] + "...";
}
