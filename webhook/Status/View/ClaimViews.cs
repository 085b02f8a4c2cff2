using BackupRunner.Names;
using BackupRunner.Webhook.Backups;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Webhook.Status.View;

/// <summary>The backups of one claim, of what its Backups, its Leases and its Jobs say.</summary>
sealed class ClaimViews(ClusterCache cache, ProtectionPlan plan, string claim, TimeProvider time)
{
    const int MostBackups = 100;

    readonly string space = plan.Workload.Id.Namespace;
    readonly string cronJob = ClusterNames.OfClaim(plan.Workload.Id.Kind, plan.Workload.Id.Name, claim);
    readonly string verification = ClusterNames.OfVerification(plan.Workload.Id.Kind, plan.Workload.Id.Name, claim);

    public ClaimView Now()
    {
        var known = cache.Catalog.Of(space, cronJob).SelectMany(backup => backup.Status.Claims).Where(one => one.Claim == claim).ToList();
        var stored = known.Where(one => one is { Phase: BackupPhase.Succeeded, Id: not null, IsGone: false }).OrderBy(one => one.Id, StringComparer.Ordinal).ToList();
        var lease = cache.Lease(space, cronJob);
        var retained = lease?.Report?.Retained?.Count ?? (stored.Count > 0 ? stored.Count : null);
        var last = stored.Count > 0 ? Of(stored[^1]) : null;
        var verified = known.Where(one => one is { Verified: not null, Id: not null }).MaxBy(one => one.Verified);
        return new()
        {
            Claim = claim,
            LastSuccess = last,
            LastFailure = known.Where(one => one is { Phase: BackupPhase.Failed, Completed: not null }).MaxBy(one => one.Completed) is { } failed && (stored.Count == 0 || failed.Completed > Completion(stored[^1]))
                ? new(failed.Completed!.Value, failed.Message ?? "the backup failed", failed.ExitCode) : null,
            Backups = [.. stored.TakeLast(MostBackups).Select(Of)],
            Retained = retained,
            LastVerified = verified is null ? null : new(verified.Verified!.Value, verified.Verification ?? "checksum", verified.Id!),
            VerificationFailure = known.Where(one => one.VerificationFailed is not null).MaxBy(one => one.VerificationFailed) is { } bad && (verified is null || bad.VerificationFailed > verified.Verified)
                ? new(bad.VerificationFailed!.Value, bad.VerificationMessage ?? "it is not as it was stored", null) : null,
            IsVerified = false,
            Running = Running(lease),
            Failures = cache.Failures.Of(space, cronJob),
        };
    }

    RunView? Running(SeenLease? lease)
    {
        if (cache.Lease(space, plan.RestoreLease) is { } restore && restore.IsHeld(time) && restore.NoteOf(LeaseNotes.Claim) == claim)
            return Of("restore", restore);
        if (lease?.IsHeld(time) == true && lease.NoteOf(LeaseNotes.Phase) is not (null or "done" or "failed"))
            return Of("backup", lease);
        return cache.Backups.Of(space, verification).Any(job => job.State == BackupState.Runs) ? new("verify", null, null, null) : null;
    }

    static RunView Of(string verb, SeenLease lease) => new(verb, lease.NoteOf(LeaseNotes.Phase), lease.Percent, lease.NoteOf(LeaseNotes.Progress));

    static DateTimeOffset Completion(ClaimBackup backup) => backup.Completed ?? BackupId.Parse(backup.Id!)!.Time;

    static BackupView Of(ClaimBackup backup) => new(
        backup.Id!, backup.Started ?? BackupId.Parse(backup.Id!)!.Time, backup.Completed - backup.Started, backup.Files, backup.Bytes, backup.StoredBytes, backup.KeyId);
}
