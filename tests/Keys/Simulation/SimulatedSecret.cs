using System.Collections.Immutable;
using BackupRunner.Keys;

namespace BackupRunner.Tests.Keys.Simulation;

sealed record SecretContent(KeyId? Current, ImmutableHashSet<KeyId> Ids)
{
    /// <summary>A set's own order is another one in every process.</summary>
    public IReadOnlyList<KeyId> InOrder => [.. Ids.OrderBy(id => id.Text, StringComparer.Ordinal)];
}

/// <summary>A key Secret or a copy of it, and what it was some minutes ago, as a pod may still have it mounted.</summary>
sealed class SimulatedSecret(Timeline time, string space)
{
    public static readonly TimeSpan LongestLag = TimeSpan.FromMinutes(2);

    readonly List<(TimeSpan At, SecretContent? Content)> history = [];
    int version;

    public string Namespace => space;

    public string Version { get; private set; } = "0";

    /// <summary>Null: it does not exist.</summary>
    public SecretContent? Content { get; private set; }

    public Dictionary<KeyId, KeyTimes> Times { get; } = [];

    public HashSet<string> Locations { get; } = [];

    /// <summary>Until when mounts may lack what somebody took away.</summary>
    public TimeSpan TamperedUntil { get; set; }

    /// <summary>What no mount is older than.</summary>
    public SecretContent? Oldest => AsOf(time.Now - LongestLag);

    public void Write(SecretContent? content)
    {
        Touch();
        Content = content;
        history.Add((time.Now, content));
    }

    /// <summary>Annotations only.</summary>
    public void Touch() => Version = $"{++version}";

    /// <summary>What a pod on some node has mounted now: up to two minutes old.</summary>
    public SecretContent? Mounted() => AsOf(time.Now - time.Between(TimeSpan.Zero, LongestLag));

    SecretContent? AsOf(TimeSpan when) => history.FindLast(past => past.At <= when).Content;
}
