using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>The numbers on top.</summary>
/// <param name="Good">Claims whose backups are as the schedule wants them.</param>
/// <param name="Problems">Things that somebody has to look at.</param>
/// <param name="StoredBytes">Of all backups; null: not of all is it known.</param>
public sealed record PageSummary(int Workloads, int Claims, int Good, int Problems, int Running, int Unprotected, long Backups, double? StoredBytes)
{
    public static PageSummary Of(StatusView view)
    {
        var claims = view.Workloads.SelectMany(workload => workload.Claims, (workload, claim) => (Workload: workload, Claim: claim)).ToList();
        return new(
            view.Workloads.Count,
            claims.Count,
            claims.Count(one => ClaimState.Of(one.Workload, one.Claim, view.At).IsGood),
            Attention.In(view).Count(),
            claims.Count(one => one.Claim.Running is not null),
            view.Unprotected.Count,
            claims.Sum(one => (long)(one.Claim.Retained ?? one.Claim.Backups.Count)),
            claims.All(one => one.Claim.Retained is null || one.Claim.Retained == one.Claim.Backups.Count)
                ? claims.Sum(one => one.Claim.Backups.Sum(backup => (double?)backup.StoredBytes)) : null);
    }
}
