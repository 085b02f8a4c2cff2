namespace BackupRunner.Kube;

/// <summary>What happened to an object, for people: v1 Event.</summary>
public sealed record KubeEvent : KubeObject
{
    public ObjectReference? InvolvedObject { get; init; }

    /// <summary>One word in CamelCase.</summary>
    public string? Reason { get; init; }

    public string? Message { get; init; }

    /// <summary><c>Normal</c> or <c>Warning</c>.</summary>
    public string? Type { get; init; }

    public int? Count { get; init; }

    public DateTimeOffset? FirstTimestamp { get; init; }

    public DateTimeOffset? LastTimestamp { get; init; }

    public EventSource? Source { get; init; }

    public string? ReportingComponent { get; init; }

    public string? ReportingInstance { get; init; }
}

public sealed record EventSource : KubePart
{
    public string? Component { get; init; }

    public string? Host { get; init; }
}

public sealed record ObjectReference : KubePart
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public string? Name { get; init; }

    public string? Namespace { get; init; }

    public string? Uid { get; init; }

    public string? ResourceVersion { get; init; }
}
