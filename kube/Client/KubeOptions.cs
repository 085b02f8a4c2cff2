namespace BackupRunner.Kube;

public sealed record ListOptions
{
    /// <summary><c>app=redis,tier in (a,b)</c>.</summary>
    public string? LabelSelector { get; init; }

    /// <summary><c>metadata.name=redis-0</c>.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Objects a request; memory does not grow with it.</summary>
    public int PageSize { get; init; } = 500;
}

/// <summary>What becomes of the objects that the deleted one owns.</summary>
public enum Propagation
{
    Foreground,
    Background,
    Orphan,
}

public sealed record DeleteOptions
{
    /// <summary>Null: as the kind has it by default.</summary>
    public Propagation? Propagation { get; init; }

    /// <summary>Only the object of this uid; another is a conflict.</summary>
    public string? Uid { get; init; }

    /// <summary>Only as it was then; later is a conflict.</summary>
    public string? ResourceVersion { get; init; }

    public int? GracePeriodSeconds { get; init; }
}
