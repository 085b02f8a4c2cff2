namespace BackupRunner.Tests.Manifests;

/// <summary>One document of a manifest; a kind of its own has the members of its kind.</summary>
public abstract record ClusterObject
{
    public string ApiVersion { get; init; } = "";
    public string Kind { get; init; } = "";
    public Metadata Metadata { get; init; } = new();
}

public sealed record ServiceAccountObject : ClusterObject
{
    public bool? AutomountServiceAccountToken { get; init; }
}

public sealed record LeaseObject : ClusterObject;

public sealed record ConfigMapObject : ClusterObject
{
    public Dictionary<string, string> Data { get; init; } = [];
}

public sealed record SecretObject : ClusterObject
{
    public Dictionary<string, string> StringData { get; init; } = [];
}

public sealed record ServiceObject : ClusterObject
{
    public ServiceSpec Spec { get; init; } = new();
}

public sealed record ServiceSpec
{
    public string Type { get; init; } = "";
    public string ClusterIP { get; init; } = "";
    public Dictionary<string, string> Selector { get; init; } = [];
    public List<ServicePort> Ports { get; init; } = [];
}

public sealed record ServicePort
{
    public string Name { get; init; } = "";
    public int Port { get; init; }
    public string? TargetPort { get; init; }
    public string? Protocol { get; init; }
}

public sealed record StatefulSetObject : ClusterObject
{
    public StatefulSetSpec Spec { get; init; } = new();

    public IEnumerable<string> Pods => Enumerable.Range(0, Spec.Replicas).Select(ordinal => $"{Metadata.Name}-{ordinal}");

    public IEnumerable<string> Claims => Spec.VolumeClaimTemplates.SelectMany(template => Pods.Select(pod => $"{template.Metadata.Name}-{pod}"));
}

public sealed record StatefulSetSpec
{
    public string ServiceName { get; init; } = "";
    public int Replicas { get; init; }
    public Selector Selector { get; init; } = new();
    public ClaimRetention PersistentVolumeClaimRetentionPolicy { get; init; } = new();
    public PodTemplate Template { get; init; } = new();
    public List<ClaimTemplate> VolumeClaimTemplates { get; init; } = [];
}

public sealed record ClaimRetention
{
    public string WhenScaled { get; init; } = "";
    public string WhenDeleted { get; init; } = "";
}

public sealed record ClaimTemplate
{
    public Metadata Metadata { get; init; } = new();
    public ClaimSpec Spec { get; init; } = new();
}

public sealed record ClaimSpec
{
    public List<string> AccessModes { get; init; } = [];
    public Resources Resources { get; init; } = new();
}

public sealed record CronJobObject : ClusterObject
{
    public CronJobSpec Spec { get; init; } = new();
}

public sealed record CronJobSpec
{
    public string Schedule { get; init; } = "";
    public string TimeZone { get; init; } = "";
    public int StartingDeadlineSeconds { get; init; }
    public string ConcurrencyPolicy { get; init; } = "";
    public bool Suspend { get; init; }
    public int SuccessfulJobsHistoryLimit { get; init; }
    public int FailedJobsHistoryLimit { get; init; }
    public JobTemplate JobTemplate { get; init; } = new();
}

public sealed record JobTemplate
{
    public Metadata Metadata { get; init; } = new();
    public JobSpec Spec { get; init; } = new();
}

public sealed record JobObject : ClusterObject
{
    public JobSpec Spec { get; init; } = new();
}

public sealed record JobSpec
{
    public int BackoffLimit { get; init; }
    public int? ActiveDeadlineSeconds { get; init; }
    public int TtlSecondsAfterFinished { get; init; }
    public PodFailurePolicy PodFailurePolicy { get; init; } = new();
    public PodTemplate Template { get; init; } = new();
}

public sealed record PodFailurePolicy
{
    public List<PodFailureRule> Rules { get; init; } = [];
}

public sealed record PodFailureRule
{
    public string Action { get; init; } = "";
    public List<PodConditionPattern> OnPodConditions { get; init; } = [];
    public ExitCodePattern? OnExitCodes { get; init; }
}

public sealed record PodConditionPattern
{
    public string Type { get; init; } = "";
    public string Status { get; init; } = "";
}

public sealed record ExitCodePattern
{
    public string ContainerName { get; init; } = "";
    public string Operator { get; init; } = "";
    public List<int> Values { get; init; } = [];
}

public sealed record RoleObject : ClusterObject
{
    public List<RoleRule> Rules { get; init; } = [];
}

public sealed record RoleRule
{
    public List<string> ApiGroups { get; init; } = [];
    public List<string> Resources { get; init; } = [];
    public List<string> ResourceNames { get; init; } = [];
    public List<string> Verbs { get; init; } = [];
}

public sealed record RoleBindingObject : ClusterObject
{
    public RoleReference RoleRef { get; init; } = new();
    public List<Subject> Subjects { get; init; } = [];
}

public sealed record RoleReference
{
    public string ApiGroup { get; init; } = "";
    public string Kind { get; init; } = "";
    public string Name { get; init; } = "";
}

public sealed record Subject
{
    public string Kind { get; init; } = "";
    public string Name { get; init; } = "";
    public string? Namespace { get; init; }
}

/// <summary>A policy as an object: its spec is read by the policy's own reader, which is stricter.</summary>
public sealed record BackupPolicyObject : ClusterObject
{
    public Dictionary<string, object> Spec { get; init; } = [];
}

/// <summary>A Backup or a Restore: the API server's schema is stricter, and a test submits them.</summary>
public sealed record BackupRequestObject : ClusterObject
{
    public Dictionary<string, object> Spec { get; init; } = [];
}

public sealed record KustomizationObject : ClusterObject
{
    public string Namespace { get; init; } = "";
    public List<string> Resources { get; init; } = [];
    public List<GeneratedConfigMap> ConfigMapGenerator { get; init; } = [];
    public GeneratorOptions GeneratorOptions { get; init; } = new();
}

public sealed record GeneratedConfigMap
{
    public string Name { get; init; } = "";
    public List<string> Files { get; init; } = [];
    public GeneratorOptions Options { get; init; } = new();
}

public sealed record GeneratorOptions
{
    public Dictionary<string, string> Labels { get; init; } = [];
    public bool DisableNameSuffixHash { get; init; }
}
