using BackupRunner.Webhook.Status;

namespace BackupRunner.Webhook.Backups;

/// <summary>From how each claim goes to how the Backup goes. Pure.</summary>
public static class BackupVerdict
{
    public static BackupStatus Of(BackupStatus before, IReadOnlyList<ClaimBackup> claims, string? note, DateTimeOffset now)
    {
        var failed = claims.Where(claim => claim.Phase == BackupPhase.Failed).ToList();
        var running = claims.Count(claim => !claim.IsOver);
        var phase = running > 0 ? claims.Any(claim => claim.Phase != BackupPhase.Pending) ? BackupPhase.Running : BackupPhase.Pending
            : failed.Count > 0 || claims.Count == 0 ? BackupPhase.Failed : BackupPhase.Succeeded;
        var suffix = note is null ? "" : $"; {note}";
        var waiting = string.Join("; ", claims.Where(claim => !claim.IsOver && claim.Message is not null).Select(claim => $"claim {claim.Claim}: {claim.Message}"));
        return new(phase, claims, note, Condition.Updated(before.Conditions, phase switch
        {
            BackupPhase.Succeeded =>
            [
                ("Ready", Condition.True, "Succeeded", "the backup is stored" + suffix), ("Succeeded", Condition.True, "Stored", Stored(claims) + suffix), ("Failed", Condition.False, "Stored", "nothing failed"),
            ],
            BackupPhase.Failed => Refused("BackupFailed", Failures(claims.Count, failed) + suffix),
            _ =>
            [
                ("Ready", waiting.Length == 0 ? Condition.True : Condition.False, waiting.Length == 0 ? phase.ToString() : "Waiting", (waiting.Length == 0 ? phase == BackupPhase.Running ? "the backup runs" : "its Jobs are made" : waiting) + suffix),
                ("Succeeded", Condition.Unknown, phase.ToString(), "it has not ended"),
                // One that failed is known at once; the others go on.
                ("Failed", failed.Count > 0 ? Condition.True : Condition.False, failed.Count > 0 ? "BackupFailed" : phase.ToString(), failed.Count > 0 ? Failures(claims.Count, failed) : "nothing failed"),
            ],
        }, now));
    }

    /// <summary>Nothing was begun, and nothing will be.</summary>
    public static BackupStatus Refused(BackupStatus before, string why, DateTimeOffset now) => new(BackupPhase.Failed, before.Claims, before.Note, Condition.Updated(before.Conditions, Refused("Refused", why), now));

    /// <summary>It may be possible in a moment.</summary>
    public static BackupStatus NotYet(BackupStatus before, string why, DateTimeOffset now) => new(BackupPhase.Pending, before.Claims, before.Note, Condition.Updated(before.Conditions,
    [
        ("Ready", Condition.False, "NotYet", why), ("Succeeded", Condition.Unknown, "Pending", "it has not begun"), ("Failed", Condition.False, "Pending", "nothing failed"),
    ], now));

    static (string, string, string, string)[] Refused(string reason, string why) =>
        [("Ready", Condition.False, reason, why), ("Succeeded", Condition.False, reason, why), ("Failed", Condition.True, reason, why)];

    static string Stored(IReadOnlyList<ClaimBackup> claims) => claims is [{ Id: { } id }] ? $"backup {id} is stored" : $"{claims.Count} backups are stored";

    static string Failures(int all, List<ClaimBackup> failed) => (all == 1 ? "" : $"{failed.Count} of {all} claims: ")
        + string.Join("; ", failed.Take(5).Select(claim => all == 1 ? claim.Message : $"{claim.Claim}: {claim.Message}")) + (failed.Count > 5 ? $"; and {failed.Count - 5} more" : "");
}
