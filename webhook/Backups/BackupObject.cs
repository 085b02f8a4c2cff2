using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Backups;

/// <summary>A Backup of the API, as the watch tells of it: somebody's wish, or the record of one that a CronJob or a person's Job has made.</summary>
/// <param name="Workload">Which it is of; it need not exist.</param>
/// <param name="Claim">Null: all of them.</param>
/// <param name="Record">What it records; null: it is a wish, which is reconciled into Jobs.</param>
public sealed record BackupObject(
    string Namespace, string Name, string Uid, long Generation, string? ResourceVersion, DateTimeOffset Created, bool IsBeingDeleted, WorkloadId Workload, string? Claim, RecordOf? Record,
    BackupStatus Status)
{
    public static KubeResource<KubeObject> Resource { get; } = KubeResources.Any("backup.middleware.io", "v1", "backups");

    /// <summary>For Events.</summary>
    public ObjectReference Reference => new() { ApiVersion = Resource.ApiVersion, Kind = "Backup", Namespace = Namespace, Name = Name, Uid = Uid };

    /// <summary>The claims' CronJobs, which name what there is to know of each.</summary>
    public IEnumerable<string> CronJobs => Status.Claims.Select(claim => claim.Claim).Concat(Claim is null ? [] : [Claim]).Distinct().Select(claim => ClusterNames.OfClaim(Workload.Kind, Workload.Name, claim));
}

/// <param name="Id">Of a stored backup, as text; null: of a run that failed.</param>
/// <param name="Job">The run that failed; null: a stored backup.</param>
public sealed record RecordOf(string? Id, string? Job);

public enum BackupPhase
{
    /// <summary>Nothing has been looked at yet.</summary>
    Pending,

    Running,

    Succeeded,

    /// <summary>All claims have ended, and one or more of them failed.</summary>
    Failed,
}

/// <param name="Claims">By name.</param>
/// <param name="Note">A clause about claims that were left out; null: none was.</param>
/// <param name="Conditions">None of one that is over and was read: they stay as they are.</param>
public sealed record BackupStatus(BackupPhase Phase, IReadOnlyList<ClaimBackup> Claims, string? Note, IReadOnlyList<Condition> Conditions)
{
    public static BackupStatus None { get; } = new(BackupPhase.Pending, [], null, []);

    public bool IsOver => Phase is BackupPhase.Succeeded or BackupPhase.Failed;

    public bool Equals(BackupStatus? other) => other is not null && Phase == other.Phase && Note == other.Note && Claims.SequenceEqual(other.Claims) && Conditions.SequenceEqual(other.Conditions);

    public override int GetHashCode() => HashCode.Combine(Phase, Claims.Count, Conditions.Count);
}

/// <summary>How the backup of one claim goes, or went.</summary>
public sealed record ClaimBackup
{
    public required string Claim { get; init; }

    public BackupPhase Phase { get; init; }

    /// <summary>The Job; null: none was made, or it is not known.</summary>
    public string? Job { get; init; }

    /// <summary>The stored backup, <c>20261122t020000z-k3x7qa</c>: <see cref="BackupId"/> as text.</summary>
    public string? Id { get; init; }

    public DateTimeOffset? Started { get; init; }

    public DateTimeOffset? Completed { get; init; }

    public long? Files { get; init; }

    /// <summary>Of the regular files.</summary>
    public long? Bytes { get; init; }

    /// <summary>Of the stored object.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>While it runs: 0 to 100.</summary>
    public int? Percent { get; init; }

    /// <summary>While it runs: what it does now.</summary>
    public string? Step { get; init; }

    public int? Warnings { get; init; }

    public string? FirstWarning { get; init; }

    /// <summary>Why it failed, and what to do.</summary>
    public string? Message { get; init; }

    public int? ExitCode { get; init; }

    public string? KeyId { get; init; }

    /// <summary>When it was last read back and was whole.</summary>
    public DateTimeOffset? Verified { get; init; }

    /// <summary><c>checksum</c> or <c>full</c>.</summary>
    public string? Verification { get; init; }

    /// <summary>When it was last read back and was not whole.</summary>
    public DateTimeOffset? VerificationFailed { get; init; }

    /// <summary>What was wrong then.</summary>
    public string? VerificationMessage { get; init; }

    /// <summary>It was stored, and the store does not hold it any more.</summary>
    public bool IsGone { get; init; }

    public bool IsOver => Phase is BackupPhase.Succeeded or BackupPhase.Failed;
}
