using YamlDotNet.Serialization;

namespace BackupRunner.Tests.Manifests;

// The kinds that only manifests/ itself has.

public sealed record NamespaceObject : ClusterObject;

public sealed record ClusterRoleObject : ClusterObject
{
    public List<RoleRule> Rules { get; init; } = [];
}

public sealed record ClusterRoleBindingObject : ClusterObject
{
    public RoleReference RoleRef { get; init; } = new();
    public List<Subject> Subjects { get; init; } = [];
}

public sealed record DeploymentObject : ClusterObject
{
    public DeploymentSpec Spec { get; init; } = new();
}

public sealed record DeploymentSpec
{
    public int Replicas { get; init; }
    public Selector Selector { get; init; } = new();
    public DeploymentStrategy Strategy { get; init; } = new();
    public PodTemplate Template { get; init; } = new();
}

public sealed record DeploymentStrategy
{
    public string Type { get; init; } = "";
    public RollingUpdate RollingUpdate { get; init; } = new();
}

public sealed record RollingUpdate
{
    public int MaxUnavailable { get; init; }
    public int MaxSurge { get; init; }
}

public sealed record PodDisruptionBudgetObject : ClusterObject
{
    public PodDisruptionBudgetSpec Spec { get; init; } = new();
}

public sealed record PodDisruptionBudgetSpec
{
    public int MinAvailable { get; init; }
    public string UnhealthyPodEvictionPolicy { get; init; } = "";
    public Selector Selector { get; init; } = new();
}

public sealed record NetworkPolicyObject : ClusterObject
{
    public NetworkPolicySpec Spec { get; init; } = new();
}

public sealed record NetworkPolicySpec
{
    public Selector PodSelector { get; init; } = new();
    public List<string> PolicyTypes { get; init; } = [];
    public List<NetworkRule> Ingress { get; init; } = [];
    public List<NetworkRule> Egress { get; init; } = [];
}

public sealed record NetworkRule
{
    public List<NetworkPeer> From { get; init; } = [];
    public List<NetworkPort> Ports { get; init; } = [];
}

public sealed record NetworkPeer
{
    public Selector? NamespaceSelector { get; init; }
}

public sealed record NetworkPort
{
    public string Protocol { get; init; } = "";
    public int Port { get; init; }
}

public sealed record WebhookConfigurationObject : ClusterObject
{
    public List<WebhookEntry> Webhooks { get; init; } = [];
}

public sealed record WebhookEntry
{
    public string Name { get; init; } = "";
    public WebhookClient ClientConfig { get; init; } = new();
    public List<WebhookRule> Rules { get; init; } = [];
    public List<MatchCondition> MatchConditions { get; init; } = [];
    public NamespaceSelector NamespaceSelector { get; init; } = new();
    public string MatchPolicy { get; init; } = "";
    public string FailurePolicy { get; init; } = "";
    public string? ReinvocationPolicy { get; init; }
    public string SideEffects { get; init; } = "";
    public int TimeoutSeconds { get; init; }
    public List<string> AdmissionReviewVersions { get; init; } = [];
}

public sealed record WebhookClient
{
    public WebhookService Service { get; init; } = new();
}

public sealed record WebhookService
{
    public string Namespace { get; init; } = "";
    public string Name { get; init; } = "";
    public string Path { get; init; } = "";
    public int Port { get; init; }
}

public sealed record WebhookRule
{
    public List<string> Operations { get; init; } = [];
    public List<string> ApiGroups { get; init; } = [];
    public List<string> ApiVersions { get; init; } = [];
    public List<string> Resources { get; init; } = [];
    public string Scope { get; init; } = "";
}

public sealed record MatchCondition
{
    public string Name { get; init; } = "";
    public string Expression { get; init; } = "";
}

public sealed record NamespaceSelector
{
    public List<Requirement> MatchExpressions { get; init; } = [];
}

public sealed record Requirement
{
    public string Key { get; init; } = "";
    public string Operator { get; init; } = "";
    public List<string> Values { get; init; } = [];
}

public sealed record CustomResourceDefinitionObject : ClusterObject
{
    public DefinitionSpec Spec { get; init; } = new();
}

public sealed record DefinitionSpec
{
    public string Group { get; init; } = "";
    public string Scope { get; init; } = "";
    public DefinitionNames Names { get; init; } = new();
    public List<DefinitionVersion> Versions { get; init; } = [];
}

public sealed record DefinitionNames
{
    public string Plural { get; init; } = "";
    public string Singular { get; init; } = "";
    public string Kind { get; init; } = "";
    public string ListKind { get; init; } = "";
    public List<string> ShortNames { get; init; } = [];
    public List<string> Categories { get; init; } = [];
}

public sealed record DefinitionVersion
{
    public string Name { get; init; } = "";
    public bool Served { get; init; }
    public bool Storage { get; init; }
    public DefinitionSubresources Subresources { get; init; } = new();
    public List<PrinterColumn> AdditionalPrinterColumns { get; init; } = [];
    public VersionSchema Schema { get; init; } = new();
}

public sealed record DefinitionSubresources
{
    public Dictionary<string, string> Status { get; init; } = [];
}

public sealed record PrinterColumn
{
    public string Name { get; init; } = "";
    public string Type { get; init; } = "";
    public string? Description { get; init; }
    public int? Priority { get; init; }
    public string JsonPath { get; init; } = "";
}

public sealed record VersionSchema
{
    [YamlMember(Alias = "openAPIV3Schema", ApplyNamingConventions = false)]
    public Schema Root { get; init; } = new();
}

public sealed record Schema
{
    public string Type { get; init; } = "";
    public string? Format { get; init; }
    public string? Description { get; init; }
    public List<string> Enum { get; init; } = [];
    public string? Pattern { get; init; }
    public int? MinLength { get; init; }
    public int? MaxLength { get; init; }
    public int? MaxItems { get; init; }
    public object? Default { get; init; }
    public int? Minimum { get; init; }
    public int? Maximum { get; init; }
    public List<string> Required { get; init; } = [];
    public Dictionary<string, Schema> Properties { get; init; } = [];
    public Schema? Items { get; init; }
    public Schema? AdditionalProperties { get; init; }

    [YamlMember(Alias = "x-kubernetes-preserve-unknown-fields", ApplyNamingConventions = false)]
    public bool PreservesUnknownFields { get; init; }

    [YamlMember(Alias = "x-kubernetes-validations", ApplyNamingConventions = false)]
    public List<SchemaRule> Rules { get; init; } = [];

    [YamlMember(Alias = "x-kubernetes-list-type", ApplyNamingConventions = false)]
    public string? ListType { get; init; }

    [YamlMember(Alias = "x-kubernetes-list-map-keys", ApplyNamingConventions = false)]
    public List<string> ListKeys { get; init; } = [];
}

public sealed record SchemaRule
{
    public string Rule { get; init; } = "";
    public string Message { get; init; } = "";
}
