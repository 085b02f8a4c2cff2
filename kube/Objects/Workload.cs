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
    public Dictionary<string, string>? MatchLabels { get; init; }

    public List<LabelRequirement>? MatchExpressions { get; init; }

    /// <summary>As a query: <c>app=redis,tier in (a,b),!canary</c>. Empty selects everything.</summary>
    public string ToQuery() => string.Join(',',
        (MatchLabels ?? []).Select(label => $"{label.Key}={label.Value}").Concat((MatchExpressions ?? []).Select(requirement => requirement.ToQuery())));
}

/// <param name="Operator"><c>In</c>, <c>NotIn</c>, <c>Exists</c> or <c>DoesNotExist</c>.</param>
public sealed record LabelRequirement(string Key, string Operator, List<string>? Values)
{
    public string ToQuery() => Operator switch
    {
        "In" => $"{Key} in ({string.Join(',', Values ?? [])})",
        "NotIn" => $"{Key} notin ({string.Join(',', Values ?? [])})",
        "DoesNotExist" => "!" + Key,
        _ => Key,
    };
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
