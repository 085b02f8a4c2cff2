namespace BackupRunner.Kube;

/// <summary>May this user do that? authorization.k8s.io/v1.</summary>
public sealed record SubjectAccessReview : KubeObject
{
    public AccessSpec? Spec { get; init; }

    public AccessStatus? Status { get; init; }
}

public sealed record AccessSpec : KubePart
{
    public string? User { get; init; }

    public List<string>? Groups { get; init; }

    public string? Uid { get; init; }

    public Dictionary<string, List<string>>? Extra { get; init; }

    public ResourceAttributes? ResourceAttributes { get; init; }
}

/// <summary>An empty or absent name means every name; an absent namespace, every namespace.</summary>
public sealed record ResourceAttributes : KubePart
{
    public string? Namespace { get; init; }

    public string? Verb { get; init; }

    public string? Group { get; init; }

    public string? Version { get; init; }

    public string? Resource { get; init; }

    public string? Subresource { get; init; }

    public string? Name { get; init; }
}

public sealed record AccessStatus : KubePart
{
    public bool Allowed { get; init; }

    public bool? Denied { get; init; }

    public string? Reason { get; init; }

    public string? EvaluationError { get; init; }
}
