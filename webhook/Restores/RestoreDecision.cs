namespace BackupRunner.Webhook.Restores;

/// <summary>Decides on a Restore from what is known of it.</summary>
public static class RestoreDecision
{
    /// <param name="job">Null: none is known.</param>
    /// <param name="lease">Of the workload that it restores into.</param>
    public static RestoreStep Of(RestoreObject restore, SeenRestoreJob? job, RestoreLease lease)
    {
        var isDone = restore.Status.IsOver && !restore.Status.IsUnsettled;
        if (restore.IsBeingDeleted)
            return !restore.HasFinalizer ? new RestoreStep.Nothing() : isDone ? new RestoreStep.Release() : new RestoreStep.Stop();
        if (isDone)
            // What is over can be deleted without us.
            return restore.HasFinalizer ? new RestoreStep.Release() : new RestoreStep.Nothing();
        if (restore.Status.IsOver)
            return lease.IsHeld || lease.IsUnsettled ? new RestoreStep.Nothing() : new RestoreStep.Settle();
        if (!restore.HasFinalizer)
            return new RestoreStep.Keep();
        if (job is null)
            return restore.Status.Job is null ? new RestoreStep.Begin() : new RestoreStep.Miss();
        return job.IsOver ? new RestoreStep.End() : Follow(restore.Status, job, lease);
    }

    static RestoreStep.Follow Follow(RestoreStatus status, SeenRestoreJob job, RestoreLease lease)
    {
        if (job.IsBeingDeleted)
            return new RestoreStep.Follow(RestorePhase.RollingBack, status.Step, null, "JobDeleted", $"Job \"{job.Name}\" is being deleted, and its run ended");
        if (lease.IsHeldBy(job.Name) && PhaseOf(lease.Step) is { } phase)
            return new RestoreStep.Follow(phase, lease.Step, lease.Percent, "Running", lease.Progress ?? $"Job \"{job.Name}\" is at work: {lease.Step}");
        // The run has let go of the Lease, and its Job has not been seen to end yet.
        if (status.Step is not null)
            return new RestoreStep.Follow(status.Phase, status.Step, status.Percent, "Running", status.Message ?? "");
        return job.State == RestoreJobState.Runs
            ? new RestoreStep.Follow(RestorePhase.Preparing, null, null, "Running", $"Job \"{job.Name}\" runs, and waits for a backup or restore of the workload that is under way; kubectl logs job/{job.Name}")
            : new RestoreStep.Follow(RestorePhase.Preparing, null, null, "Starting", $"the pod of Job \"{job.Name}\" starts; kubectl describe pod --selector=job-name={job.Name}");
    }

    /// <summary>From the words that the runner writes on its Lease. Null: it has ended, or not begun.</summary>
    static RestorePhase? PhaseOf(string? step) => step switch
    {
        null or "done" or "failed" => null,
        "stage" or "empty" => RestorePhase.Staging,
        "swap" or "commit" => RestorePhase.Swapping,
        "start" => RestorePhase.Starting,
        "removeold" => RestorePhase.Finishing,
        "undo" => RestorePhase.RollingBack,
        _ => RestorePhase.Preparing,
    };

    /// <summary>Of a Restore that is deleted: what is waited for until it may go; null: nothing.</summary>
    /// <param name="hasPods">Its Job's run is not over.</param>
    public static string? WaitsFor(RestoreStatus status, string job, bool hasPods, RestoreLease lease)
    {
        if (hasPods)
            return $"is deleted: the run of Job \"{job}\" ends, and puts the old data back unless the new is complete already";
        // A run of somebody else's that ours has never come past.
        if (lease.IsHeld && !lease.IsHeldBy(job) && status.Step is null)
            return null;
        if (lease.IsHeld)
            return $"is deleted: lease of the workload's restores is held by {lease.Holder}";
        // What nobody finishes by itself another restore mends, and that one must not wait for this.
        return lease is { IsUnsettled: true, IsGivenUp: false }
            ? $"is deleted: its run was cut short and has left claim \"{lease.Claim}\" unsettled; \"restore --resume\" finishes or undoes it (the Events of the workload say how that goes)"
            : null;
    }
}
