using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook;

/// <summary>What the process was started with.</summary>
public sealed record WebhookOptions
{
    /// <summary>Of the containers that back up and restore.</summary>
    public required string RunnerImage { get; init; }

    /// <summary>In stored paths, where a policy does not name one. Null: the UID of namespace kube-system.</summary>
    public string? Cluster { get; init; }

    /// <summary>Where Secrets may be read.</summary>
    public IReadOnlyList<string> SecretNamespaces { get; init; } = [];

    /// <summary>Of the webhook itself. Null: that of its pod, or of the kubeconfig's context.</summary>
    public string? Namespace { get; init; }

    /// <summary>The name of its Service, and of both webhook configurations.</summary>
    public string Service { get; init; } = "backup-webhook";

    /// <summary>Files with a certificate that somebody else renews. Null: it is made here.</summary>
    public TlsFiles? Tls { get; init; }

    /// <summary>Of admission, with TLS.</summary>
    public int Port { get; init; } = 8443;

    /// <summary>Of /livez and /readyz, without TLS.</summary>
    public int HealthPort { get; init; } = 8080;

    /// <summary>Of the status page and of /metrics, without TLS. 0: there is none.</summary>
    public int StatusPort { get; init; } = 8081;

    /// <summary>Path of a kubeconfig file. Null: this is a pod.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>Null: the file's current one.</summary>
    public string? Context { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}

/// <summary>Paths of PEM files.</summary>
public sealed record TlsFiles(string Certificate, string Key);
