namespace BackupRunner.Tests.Manifests;

/// <summary>Of the Prometheus operator (monitoring.coreos.com/v1), the parts that are shipped.</summary>
public sealed record ServiceMonitorObject : ClusterObject
{
    public ServiceMonitorSpec Spec { get; init; } = new();
}

public sealed record ServiceMonitorSpec
{
    public Selector Selector { get; init; } = new();
    public NamespaceNames NamespaceSelector { get; init; } = new();
    public List<MonitorEndpoint> Endpoints { get; init; } = [];
}

public sealed record NamespaceNames
{
    public List<string> MatchNames { get; init; } = [];
}

public sealed record MonitorEndpoint
{
    public string Port { get; init; } = "";
    public string Path { get; init; } = "";
    public string Interval { get; init; } = "";
    public string ScrapeTimeout { get; init; } = "";
    public bool HonorLabels { get; init; }
}

public sealed record PrometheusRuleObject : ClusterObject
{
    public PrometheusRuleSpec Spec { get; init; } = new();
}

public sealed record PrometheusRuleSpec
{
    public List<RuleGroup> Groups { get; init; } = [];
}

public sealed record RuleGroup
{
    public string Name { get; init; } = "";
    public List<AlertRule> Rules { get; init; } = [];
}

public sealed record AlertRule
{
    public string Alert { get; init; } = "";
    public string Expr { get; init; } = "";
    public string For { get; init; } = "";
    public Dictionary<string, string> Labels { get; init; } = [];
    public Dictionary<string, string> Annotations { get; init; } = [];
}
