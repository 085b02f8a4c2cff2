using System.Text.Json;
using BackupRunner.Kube;

namespace BackupRunner.Webhook.Workloads;

/// <summary>What matters of a StatefulSet or Deployment. Values only: equal workloads lead to equal objects.</summary>
public sealed record ProtectedWorkload
{
    public required WorkloadId Id { get; init; }

    public required string Uid { get; init; }

    public string? ResourceVersion { get; init; }

    /// <summary>Of ours only (<c>backup.middleware.io/</c>), whole names.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>The policy that its annotation names. Null: it is not protected.</summary>
    public string? PolicyName { get; init; }

    public bool IsBeingDeleted { get; init; }

    /// <summary>That it should have; 1 when it does not say.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Of a StatefulSet: <c>spec.ordinals.start</c>.</summary>
    public int FirstOrdinal { get; init; }

    /// <summary>Of a StatefulSet: <c>persistentVolumeClaimRetentionPolicy.whenScaled</c> is Delete.</summary>
    public bool DeletesClaimsWhenScaled { get; init; }

    public LabelSelector Selector { get; init; } = new();

    public IReadOnlyList<ClaimTemplate> ClaimTemplates { get; init; } = [];

    public PodShape Pod { get; init; } = new();
}

/// <summary>One of a StatefulSet's <c>volumeClaimTemplates</c>.</summary>
/// <param name="VolumeMode"><c>Filesystem</c> or <c>Block</c>; null is the first.</param>
public sealed record ClaimTemplate(string Name, IReadOnlyList<string> AccessModes, string? VolumeMode);

/// <summary>Of the pod template, what a run beside the pod must have too.</summary>
public sealed record PodShape
{
    /// <summary>Sidecars (init containers that are always restarted) come last.</summary>
    public IReadOnlyList<ContainerShape> Containers { get; init; } = [];

    /// <summary>Volumes of claims, in the pod's order: the volume's name and its claim's. Those of claim templates are not among them.</summary>
    public IReadOnlyDictionary<string, string> ClaimVolumes { get; init; } = new Dictionary<string, string>();

    /// <summary>Annotation <c>kubectl.kubernetes.io/default-container</c> of the template.</summary>
    public string? DefaultContainer { get; init; }

    /// <summary>It says so itself (<c>os.name</c>).</summary>
    public bool IsWindows { get; init; }

    /// <summary>As it stands; Undefined when there is none.</summary>
    public JsonElement SecurityContext { get; init; }

    /// <summary>As it stands; Undefined when there are none.</summary>
    public JsonElement Tolerations { get; init; }

    /// <summary>As it stands; Undefined when there are none.</summary>
    public JsonElement ImagePullSecrets { get; init; }

    /// <summary>As it stands; Undefined when there is none.</summary>
    public JsonElement NodeSelector { get; init; }

    /// <summary>As it stands; Undefined when there is none.</summary>
    public JsonElement NodeAffinity { get; init; }
}

/// <param name="Mounts">Of claims only.</param>
/// <param name="SecurityContext">As it stands; Undefined when there is none.</param>
/// <param name="Devices">Names of claims' volumes that it has as block devices.</param>
public sealed record ContainerShape(string Name, string Image, IReadOnlyList<MountShape> Mounts, IReadOnlyList<string> Devices, JsonElement SecurityContext)
{
    public string? ImagePullPolicy { get; init; }

    /// <summary>An init container that runs as long as the pod; the policy's commands do not run in such.</summary>
    public bool IsSidecar { get; init; }
}

/// <param name="Volume">Its name in the pod.</param>
/// <param name="SubPathExpr">With variables; a run of ours cannot know them.</param>
public sealed record MountShape(string Volume, string Path, string? SubPath, string? SubPathExpr);
