namespace BackupRunner.Kube;

/// <summary>An object of any kind: its metadata is typed, the rest is in <see cref="KubePart.Unknown"/>.</summary>
public record KubeObject : KubePart
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public KubeMetadata Metadata { get; init => field = value ?? new(); } = new();
}
