using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>How the backups of one CronJob go: what is wrong with them stands in the workload's status until one succeeds, or the Job is deleted. It asks nobody and writes nothing.</summary>
public sealed class BackupReconciler(ClusterCache cache, ProblemNotes notes, TimeProvider time)
{
    /// <summary>A large image, a slow volume: until then a pod may take its time.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <param name="key">With the name of the CronJob.</param>
    public TimeSpan? Reconcile(WorkKey key)
    {
        var backups = cache.Backups.Of(key.Namespace, key.Name).Where(IsOurs).ToList();
        var (problem, again) = Judge(backups, time.GetUtcNow());
        var found = new Dictionary<WorkloadId, string>();
        if (problem is not null && cache.Labelled(key.Namespace, backups[0].Label) is { } workload)
            found[workload] = problem;
        foreach (var changed in notes.Put(key, found))
            cache.Tell(ClusterCache.KeyOf(changed));
        return again;
    }

    /// <returns>What is wrong, in words that stay the same as long as it is; when that may be something else although nothing has changed.</returns>
    public static (string? Problem, TimeSpan? Again) Judge(IReadOnlyList<SeenBackup> backups, DateTimeOffset now)
    {
        var waiting = backups.Where(backup => backup.Waits).OrderBy(backup => backup.Since).ThenBy(backup => backup.Name, StringComparer.Ordinal).ToList();
        var problems = waiting.Where(backup => now - backup.Since >= Patience).Take(1).Select(NotBegun)
            .Concat(backups.Where(backup => backup.State == BackupState.Failed).Take(1).Select(Failed)).ToList();
        var next = waiting.Select(backup => Patience - (now - backup.Since)).Where(rest => rest > TimeSpan.Zero).ToList();
        return (problems.Count > 0 ? string.Join("; ", problems) : null, next.Count > 0 ? next.Min() : null);
    }

    internal static string NotBegun(SeenBackup backup) => $"a backup of claim \"{backup.Claim}\" has not begun for {Patience.TotalMinutes} minutes: " + (backup.State == BackupState.HasNoPod
        ? $"it has no pod; kubectl describe job {backup.Name}"
        : $"its pod does not start; kubectl describe pod --selector=job-name={backup.Name}");

    static string Failed(SeenBackup backup) => $"the last backup of claim \"{backup.Claim}\" failed: {backup.Reason}; kubectl logs job/{backup.Name}";

    /// <summary>Of the CronJob that is there, and of the claim that this one is for: the label and the owner of a Job are whatever its author has written.</summary>
    bool IsOurs(SeenBackup backup) =>
        cache.Own.Find(new ObjectKey("cronjobs", backup.Namespace, backup.Owner.Name)) is { } cronJob && cronJob.Uid == backup.Owner.Uid && cronJob.Label == backup.Label
        && cache.Labelled(backup.Namespace, backup.Label) is { } workload && ClusterNames.OfClaim(workload.Kind, workload.Name, backup.Claim) == backup.Owner.Name;
}
