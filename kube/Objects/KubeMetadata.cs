using System.Text.Json.Serialization;

namespace BackupRunner.Kube;

public sealed record KubeMetadata : KubePart
{
    /// <summary>Empty when the server is to make it of <see cref="GenerateName"/>.</summary>
    [JsonIgnore]
    public string Name { get => WrittenName ?? ""; init => WrittenName = value; }

    public string? GenerateName { get; init; }

    public string? Namespace { get; init; }

    public string? Uid { get; init; }

    /// <summary>Opaque: only good for comparing with another, and for giving back.</summary>
    public string? ResourceVersion { get; init; }

    public long? Generation { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    public DateTimeOffset? DeletionTimestamp { get; init; }

    public Dictionary<string, string>? Labels { get; init; }

    public Dictionary<string, string>? Annotations { get; init; }

    public List<OwnerReference>? OwnerReferences { get; init; }

    public List<string>? Finalizers { get; init; }

    [JsonInclude, JsonPropertyName("name")]
    internal string? WrittenName { get; init => field = string.IsNullOrEmpty(value) ? null : value; }
}

public sealed record OwnerReference : KubePart
{
    public string ApiVersion { get; init => field = value ?? ""; } = "";

    public string Kind { get; init => field = value ?? ""; } = "";

    public string Name { get; init => field = value ?? ""; } = "";

    public string Uid { get; init => field = value ?? ""; } = "";

    public bool? Controller { get; init; }

    public bool? BlockOwnerDeletion { get; init; }
}
