namespace BackupRunner.Webhook.Reconcile;

public enum WorkKind
{
    /// <summary>The name is <c>statefulset/redis</c>.</summary>
    Workload,

    /// <summary>Objects of a workload that is not there; the name is their <c>/for</c> label.</summary>
    Orphans,

    Lease,

    /// <summary>How they go; the name is their CronJob's.</summary>
    Backups,

    Policy,

    Secret,

    /// <summary>One of the API that is to be carried out.</summary>
    Backup,

    /// <summary>The Backups of one claim; the name is its CronJob's.</summary>
    Catalog,

    Restore,
}

/// <summary>One thing to look at, whatever changed about it.</summary>
public readonly record struct WorkKey(WorkKind Kind, string Namespace, string Name)
{
    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()} {Namespace}/{Name}";
}
