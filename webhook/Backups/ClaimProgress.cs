using BackupRunner.Names;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Backups;

/// <summary>What a Job, its pod's last words and the Lease say of the backup of one claim. Pure.</summary>
public static class ClaimProgress
{
    /// <summary>While the Job goes on.</summary>
    /// <param name="lease">Of the claim; null: it is not known yet.</param>
    public static ClaimBackup Running(ClaimBackup before, SeenBackup job, SeenLease? lease, DateTimeOffset now)
    {
        var isHeld = lease?.IsHeldBy(job.Name) == true;
        var hasBegun = isHeld || job.State == BackupState.Runs;
        return before with
        {
            Phase = hasBegun ? BackupPhase.Running : BackupPhase.Pending,
            Job = job.Name,
            Started = before.Started ?? (hasBegun ? job.Since : null),
            Percent = isHeld ? lease!.Percent : null,
            Step = isHeld ? lease!.NoteOf(LeaseNotes.Phase) : null,
            Message = job.Waits && now - job.Since >= BackupReconciler.Patience ? BackupReconciler.NotBegun(job)
                : hasBegun && !isHeld && lease is { IsTaken: true } ? $"waits for the run that holds lease \"{lease.Lease.Metadata.Name}\": {lease.Lease.Spec?.HolderIdentity}" : null,
        };
    }

    /// <summary>When the Job has ended.</summary>
    public static ClaimBackup Ended(ClaimBackup before, SeenBackup job, RunOutcome outcome)
    {
        var report = outcome.Message is { Verb: "backup" } told ? told : null;
        var after = before with { Job = job.Name, Percent = null, Step = null, Started = report?.Start ?? before.Started, Completed = report?.End ?? job.Ended, Warnings = report?.Warnings, FirstWarning = report?.FirstWarning };
        return job.State == BackupState.Succeeded
            ? after with
            {
                Phase = BackupPhase.Succeeded,
                Id = report?.Id is { } id && BackupId.Parse(id) is not null ? id : null,
                Files = (report?.Files).AsSize(),
                Bytes = (report?.Bytes).AsSize(),
                StoredBytes = (report?.StoredBytes).AsSize(),
                KeyId = report?.KeyId,
                ExitCode = 0,
                Message = report?.Id is null ? "it is stored; its pod is gone, and with it what it said: kubectl get backups has it under its id" : null,
            }
            : after with { Phase = BackupPhase.Failed, ExitCode = outcome.ExitCode, Message = outcome.Failure(job) };
    }

    /// <summary>Its Job is not there any more, and nobody knows how it ended.</summary>
    public static ClaimBackup Vanished(ClaimBackup before, DateTimeOffset now) => before with
    {
        Phase = BackupPhase.Failed,
        Percent = null,
        Step = null,
        Completed = now,
        Message = $"Job \"{before.Job}\" was deleted before it was seen to end; if the backup was stored all the same, kubectl get backups has it under its id; otherwise make another Backup",
    };
}
