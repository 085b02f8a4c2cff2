namespace BackupRunner.Kube;

/// <summary>A StatefulSet or a Deployment.</summary>
public sealed record Workload : KubeObject
{
    public WorkloadSpec? Spec { get; init; }

    public WorkloadStatus? Status { get; init; }
}

public sealed record WorkloadSpec : KubePart
{
    public int? Replicas { get; init; }

    public LabelSelector? Selector { get; init; }

    /// <summary>Of a StatefulSet: what becomes of its claims.</summary>
    public RetentionPolicy? PersistentVolumeClaimRetentionPolicy { get; init; }
}

public sealed record LabelSelector : KubePart
{
    /// <summary><c>matchExpressions</c> are in <see cref="KubePart.Unknown"/>.</summary>
    public Dictionary<string, string>? MatchLabels { get; init; }
}

/// <summary>Each <c>Retain</c> or <c>Delete</c>.</summary>
public sealed record RetentionPolicy : KubePart
{
    public string? WhenScaled { get; init; }

    public string? WhenDeleted { get; init; }
}

public sealed record WorkloadStatus : KubePart
{
    public long? ObservedGeneration { get; init; }

    public int? Replicas { get; init; }

    public int? ReadyReplicas { get; init; }

    public int? UpdatedReplicas { get; init; }

    public int? AvailableReplicas { get; init; }
}

/// <summary>How many replicas there are and shall be. The server leaves a number out that is 0.</summary>
public sealed record Scale : KubeObject
{
    public ScaleSpec? Spec { get; init; }

    public ScaleStatus? Status { get; init; }
}

public sealed record ScaleSpec : KubePart
{
    public int? Replicas { get; init; }
}

public sealed record ScaleStatus : KubePart
{
    public int? Replicas { get; init; }

    /// <summary>Of the pods, as a query: <c>app=redis,tier in (a,b)</c>.</summary>
    public string? Selector { get; init; }
}
