namespace BackupRunner.Kube;

/// <summary>What the server says of a call that failed, and of an exec that ended.</summary>
public sealed record KubeStatus : KubePart
{
    /// <summary><c>Success</c> or <c>Failure</c>.</summary>
    public string? Status { get; init; }

    public string? Message { get; init; }

    /// <summary>One word: <c>NotFound</c>, <c>AlreadyExists</c>, <c>Conflict</c>, <c>Expired</c>, <c>NonZeroExitCode</c>, ...</summary>
    public string? Reason { get; init; }

    public StatusDetails? Details { get; init; }

    /// <summary>The HTTP status; the Status at the end of an exec has none.</summary>
    public int? Code { get; init; }
}

public sealed record StatusDetails : KubePart
{
    public string? Name { get; init; }

    public string? Group { get; init; }

    public string? Kind { get; init; }

    public string? Uid { get; init; }

    public List<StatusCause>? Causes { get; init; }

    public int? RetryAfterSeconds { get; init; }
}

public sealed record StatusCause : KubePart
{
    public string? Reason { get; init; }

    public string? Message { get; init; }

    public string? Field { get; init; }
}
