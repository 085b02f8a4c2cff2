using BackupRunner.Kube;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Restores;

/// <summary>A Restore of the API, as the watch tells of it.</summary>
public sealed record RestoreObject(
    string Namespace, string Name, string Uid, string? ResourceVersion, long Generation, DateTimeOffset Created, bool IsBeingDeleted, RestoreSpec Spec, RestoreStatus Status)
{
    public const string Kind = "Restore";

    public const string ApiVersion = "backup.middleware.io/v1";

    /// <summary>Keeps one that runs until it is rolled back.</summary>
    public const string Finalizer = "backup.middleware.io/restore";

    public static KubeResource<KubeObject> Resource { get; } = KubeResources.Any("backup.middleware.io", "v1", "restores");

    /// <summary>Its own and those of others.</summary>
    public IReadOnlyList<string> Finalizers { get; init; } = [];

    /// <summary>When each condition became what it is.</summary>
    public IReadOnlyList<RestoreCondition> Conditions { get; init; } = [];

    public bool HasFinalizer => Finalizers.Contains(Finalizer);

    /// <summary>For Events.</summary>
    public ObjectReference Reference => new() { ApiVersion = ApiVersion, Kind = Kind, Namespace = Namespace, Name = Name, Uid = Uid };
}

/// <summary>What is asked for. Exactly one of <see cref="Backup"/> and <see cref="Workload"/> is set, and with the latter exactly one of the three after it.</summary>
public sealed record RestoreSpec
{
    /// <summary>The name of a Backup object.</summary>
    public string? Backup { get; init; }

    public WorkloadId? Workload { get; init; }

    public string? Id { get; init; }

    /// <summary>RFC 3339.</summary>
    public string? Before { get; init; }

    public bool Latest { get; init; }

    /// <summary>That the backup is of; null: the only one.</summary>
    public string? Claim { get; init; }

    /// <summary>In whose stored paths the backup is; null: this one.</summary>
    public string? FromCluster { get; init; }

    /// <summary>Null: that of the backup.</summary>
    public WorkloadId? TargetWorkload { get; init; }

    /// <summary>Null: that of the backup.</summary>
    public string? TargetClaim { get; init; }

    public bool AllowOther { get; init; }
}

/// <param name="Status"><c>True</c>, <c>False</c> or <c>Unknown</c>.</param>
/// <param name="Since">As it is written: RFC 3339.</param>
public sealed record RestoreCondition(string Type, string Status, string Since);
