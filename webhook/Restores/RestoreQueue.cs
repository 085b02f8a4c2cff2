using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Restores;

/// <summary>Restores into the claims of one workload run one after the other: those that have begun, then the oldest.</summary>
public static class RestoreQueue
{
    /// <summary>The workload that it restores into; null: its Backup is not there, and it is nobody's turn before or after it.</summary>
    public static WorkloadId? TargetOf(RestoreObject restore, FindBackup backups) => restore.Spec.TargetWorkload ?? restore.Spec.Workload
        ?? OfStatus(restore) ?? (restore.Spec.Backup is { } name ? backups(restore.Namespace, name)?.Workload : null);

    /// <summary>Null: it is its turn.</summary>
    /// <param name="open">Of its namespace.</param>
    /// <param name="hasBegun">There is a Job of it.</param>
    public static RestoreObject? Before(RestoreObject restore, IEnumerable<RestoreObject> open, FindBackup backups, Func<RestoreObject, bool> hasBegun)
    {
        var target = TargetOf(restore, backups);
        return open.Where(other => other.Uid != restore.Uid && !other.Status.IsOver && TargetOf(other, backups) == target)
            .Where(other => hasBegun(other) || !other.IsBeingDeleted && IsOlder(other, restore))
            .OrderByDescending(hasBegun).ThenBy(other => other.Created).ThenBy(other => other.Name, StringComparer.Ordinal).FirstOrDefault();
    }

    /// <summary>Why one whose turn it is waits all the same; null: it does not.</summary>
    /// <param name="claim">That it restores into.</param>
    public static string? Held(RestoreLease lease, string claim)
    {
        if (lease.IsHeld)
            return $"waits for another restore of the workload, which {lease.Holder} does";
        return lease.IsUnsettled && !(lease.IsGivenUp && lease.Claim == claim)
            ? $"waits until a restore into claim \"{lease.Claim}\" that was cut short is finished or undone; the Events of the workload say how that goes"
            : null;
    }

    static bool IsOlder(RestoreObject one, RestoreObject other) =>
        one.Created != other.Created ? one.Created < other.Created : string.CompareOrdinal(one.Name, other.Name) < 0;

    static WorkloadId? OfStatus(RestoreObject restore) => restore.Status.Workload?.Split('/') is [var kind, var name]
        ? WorkloadId.Of(kind, restore.Namespace, name) : null;
}
