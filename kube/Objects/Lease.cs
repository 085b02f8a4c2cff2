using System.Text.Json.Serialization;

namespace BackupRunner.Kube;

public sealed record Lease : KubeObject
{
    public LeaseSpec? Spec { get; init; }
}

public sealed record LeaseSpec : KubePart
{
    /// <summary>Null or empty: nobody holds it.</summary>
    public string? HolderIdentity { get; init; }

    public int? LeaseDurationSeconds { get; init; }

    [JsonConverter(typeof(MicroTimeJson))]
    public DateTimeOffset? AcquireTime { get; init; }

    [JsonConverter(typeof(MicroTimeJson))]
    public DateTimeOffset? RenewTime { get; init; }

    /// <summary>How often it went from one holder to another.</summary>
    public int? LeaseTransitions { get; init; }
}
