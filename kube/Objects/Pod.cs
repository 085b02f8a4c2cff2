namespace BackupRunner.Kube;

public sealed record Pod : KubeObject
{
    public PodSpec? Spec { get; init; }

    public PodStatus? Status { get; init; }

    /// <summary>None of its containers runs, or will again.</summary>
    public bool HasEnded() => Status?.Phase is "Succeeded" or "Failed";

    /// <summary>The container has ended, and is not started again; also in a pod that others keep alive.</summary>
    public bool HasEnded(string container) => HasEnded() || Status?.ContainerStatuses?.Find(status => status.Name == container)?.State?.Terminated is not null;

    /// <summary>Its volumes of that claim, by name.</summary>
    public IEnumerable<string> VolumesOf(string claim) =>
        (Spec?.Volumes ?? []).Where(volume => volume.PersistentVolumeClaim?.ClaimName == claim).Select(volume => volume.Name);

    /// <summary>Where a container has the claim; null: it does not mount it.</summary>
    public string? MountPath(PodContainer container, string claim)
    {
        var volumes = VolumesOf(claim).ToHashSet(StringComparer.Ordinal);
        return container.VolumeMounts?.Find(mount => volumes.Contains(mount.Name))?.MountPath;
    }
}

public sealed record PodSpec : KubePart
{
    public List<PodVolume>? Volumes { get; init; }

    public List<PodContainer> Containers { get; init => field = value ?? []; } = [];

    public string? NodeName { get; init; }

    public long? TerminationGracePeriodSeconds { get; init; }
}

public sealed record PodVolume : KubePart
{
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Null for a volume of another source, which is in <see cref="KubePart.Unknown"/>.</summary>
    public ClaimVolume? PersistentVolumeClaim { get; init; }
}

public sealed record ClaimVolume : KubePart
{
    public string ClaimName { get; init => field = value ?? ""; } = "";

    public bool? ReadOnly { get; init; }
}

public sealed record PodContainer : KubePart
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string? Image { get; init; }

    public List<EnvironmentVariable>? Env { get; init; }

    public List<VolumeMount>? VolumeMounts { get; init; }
}

public sealed record EnvironmentVariable : KubePart
{
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Null when it is empty, or comes from elsewhere (<c>valueFrom</c>).</summary>
    public string? Value { get; init; }
}

public sealed record VolumeMount : KubePart
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string MountPath { get; init => field = value ?? ""; } = "";

    public string? SubPath { get; init; }

    public bool? ReadOnly { get; init; }
}

public sealed record PodStatus : KubePart
{
    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public string? Phase { get; init; }

    public List<PodCondition>? Conditions { get; init; }

    public List<ContainerStatus>? ContainerStatuses { get; init; }
}

public sealed record PodCondition : KubePart
{
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public string Status { get; init => field = value ?? ""; } = "";

    public string? Reason { get; init; }

    public string? Message { get; init; }
}

public sealed record ContainerStatus : KubePart
{
    public string Name { get; init => field = value ?? ""; } = "";

    public bool Ready { get; init; }

    public int? RestartCount { get; init; }

    public ContainerState? State { get; init; }
}

/// <summary>One of these, or neither: it waits.</summary>
public sealed record ContainerState : KubePart
{
    public ContainerRunning? Running { get; init; }

    public ContainerTerminated? Terminated { get; init; }
}

public sealed record ContainerRunning : KubePart
{
    public DateTimeOffset? StartedAt { get; init; }
}

public sealed record ContainerTerminated : KubePart
{
    public int? ExitCode { get; init; }

    /// <summary>The termination log.</summary>
    public string? Message { get; init; }
}
