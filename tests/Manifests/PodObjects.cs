using YamlDotNet.Serialization;

namespace BackupRunner.Tests.Manifests;

// The fields that the shipped manifests use, and no others: a field that is missing here, or misspelt there, fails the reading.

public sealed record Metadata
{
    public string Name { get; init; } = "";
    public string? GenerateName { get; init; }
    public string? Namespace { get; init; }
    public Dictionary<string, string> Labels { get; init; } = [];
    public Dictionary<string, string> Annotations { get; init; } = [];
}

public sealed record PodTemplate
{
    public Metadata Metadata { get; init; } = new();
    public PodSpec Spec { get; init; } = new();
}

public sealed record PodSpec
{
    public string? ServiceAccountName { get; init; }
    public bool? AutomountServiceAccountToken { get; init; }
    public bool? EnableServiceLinks { get; init; }
    public string? RestartPolicy { get; init; }
    public int? TerminationGracePeriodSeconds { get; init; }
    public Affinity Affinity { get; init; } = new();
    public SecurityContext SecurityContext { get; init; } = new();
    public List<Container> Containers { get; init; } = [];
    public List<Volume> Volumes { get; init; } = [];
}

public sealed record Affinity
{
    public PodAffinity PodAffinity { get; init; } = new();
    public PodAffinity PodAntiAffinity { get; init; } = new();
}

public sealed record PodAffinity
{
    public List<AffinityTerm> RequiredDuringSchedulingIgnoredDuringExecution { get; init; } = [];
    public List<WeightedTerm> PreferredDuringSchedulingIgnoredDuringExecution { get; init; } = [];
}

public sealed record WeightedTerm
{
    public int Weight { get; init; }
    public AffinityTerm PodAffinityTerm { get; init; } = new();
}

public sealed record AffinityTerm
{
    public string TopologyKey { get; init; } = "";
    public Selector LabelSelector { get; init; } = new();
}

public sealed record Selector
{
    public Dictionary<string, string> MatchLabels { get; init; } = [];

    public bool Selects(IReadOnlyDictionary<string, string> labels) => MatchLabels.All(label => labels.GetValueOrDefault(label.Key) == label.Value);
}

/// <summary>Of a pod or of a container.</summary>
public sealed record SecurityContext
{
    public bool? RunAsNonRoot { get; init; }
    public int? RunAsUser { get; init; }
    public int? RunAsGroup { get; init; }
    public int? FsGroup { get; init; }
    public string? FsGroupChangePolicy { get; init; }
    public SeccompProfile? SeccompProfile { get; init; }
    public bool? AllowPrivilegeEscalation { get; init; }
    public bool? ReadOnlyRootFilesystem { get; init; }
    public Capabilities? Capabilities { get; init; }
}

public sealed record SeccompProfile
{
    public string Type { get; init; } = "";
}

public sealed record Capabilities
{
    public List<string> Drop { get; init; } = [];
    public List<string> Add { get; init; } = [];
}

public sealed record Container
{
    public string Name { get; init; } = "";
    public string Image { get; init; } = "";
    public List<string> Command { get; init; } = [];
    public List<string> Args { get; init; } = [];
    public List<Variable> Env { get; init; } = [];
    public List<ContainerPort> Ports { get; init; } = [];
    public Probe? ReadinessProbe { get; init; }
    public Probe? LivenessProbe { get; init; }
    public Resources Resources { get; init; } = new();
    public SecurityContext SecurityContext { get; init; } = new();
    public List<VolumeMount> VolumeMounts { get; init; } = [];

    /// <summary>The value of <c>--name=value</c> in the arguments; null: it is not there.</summary>
    public string? Option(string name) => Args.SingleOrDefault(argument => argument.StartsWith($"--{name}=", StringComparison.Ordinal))?[(name.Length + 3)..];
}

public sealed record Variable
{
    public string Name { get; init; } = "";
    public string? Value { get; init; }
    public VariableSource ValueFrom { get; init; } = new();
}

public sealed record VariableSource
{
    public FieldReference? FieldRef { get; init; }
    public SecretKey? SecretKeyRef { get; init; }
}

public sealed record FieldReference
{
    public string FieldPath { get; init; } = "";
}

public sealed record SecretKey
{
    public string Name { get; init; } = "";
    public string Key { get; init; } = "";
}

public sealed record ContainerPort
{
    public string Name { get; init; } = "";
    [YamlMember(Alias = "containerPort")]
    public int Number { get; init; }
    public string? Protocol { get; init; }
}

public sealed record Probe
{
    public ExecAction Exec { get; init; } = new();
    public HttpAction? HttpGet { get; init; }
    public int? PeriodSeconds { get; init; }
    public int? TimeoutSeconds { get; init; }
    public int? FailureThreshold { get; init; }
}

public sealed record HttpAction
{
    public string Path { get; init; } = "";
    public string Port { get; init; } = "";
}

public sealed record ExecAction
{
    public List<string> Command { get; init; } = [];
}

public sealed record Resources
{
    public Dictionary<string, string> Requests { get; init; } = [];
    public Dictionary<string, string> Limits { get; init; } = [];
}

public sealed record VolumeMount
{
    public string Name { get; init; } = "";
    public string MountPath { get; init; } = "";
    public bool ReadOnly { get; init; }
}

public sealed record Volume
{
    public string Name { get; init; } = "";
    public ClaimSource? PersistentVolumeClaim { get; init; }
    public ConfigMapSource? ConfigMap { get; init; }
    public SecretSource? Secret { get; init; }
    public EmptyDirectory? EmptyDir { get; init; }
    public EphemeralSource? Ephemeral { get; init; }
}

public sealed record EphemeralSource
{
    public ClaimTemplate VolumeClaimTemplate { get; init; } = new();
}

public sealed record ClaimSource
{
    public string ClaimName { get; init; } = "";
    public bool ReadOnly { get; init; }
}

public sealed record ConfigMapSource
{
    public string Name { get; init; } = "";
}

public sealed record SecretSource
{
    public string SecretName { get; init; } = "";
    public int? DefaultMode { get; init; }
}

public sealed record EmptyDirectory
{
    public string? Medium { get; init; }
    public string? SizeLimit { get; init; }
}
