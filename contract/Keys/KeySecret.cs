using System.Collections.Frozen;

namespace BackupRunner.Keys;

/// <summary>The Secret that a key ring lives in, as it was just read, or the lack of it.</summary>
public sealed record KeySecret
{
    /// <summary>For messages: <c>namespace/name</c>.</summary>
    public required string Name { get; init; }

    public required string KeyField { get; init; }

    /// <summary>Null: there is no such Secret.</summary>
    public required SeenRing? Seen { get; init; }

    /// <summary>From its annotations; also of keys that it no longer holds. A time that is missing or unreadable is null.</summary>
    public IReadOnlyDictionary<KeyId, KeyTimes> Times { get; init; } = FrozenDictionary<KeyId, KeyTimes>.Empty;

    /// <summary>From its annotation: every <see cref="KeyUse.Location"/> that its keys have ever been used for.</summary>
    public IReadOnlySet<string> Locations { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Fields of the ring that hold no key, or another one than they are named for; each a clause that quotes the field and never its content.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>The key ids that a backup of its policies, a Lease or a status names. Needed only when there is no Secret; null: could not be told.</summary>
    public IReadOnlySet<KeyId>? NamedKeyIds { get; init; }
}

/// <summary>What is recorded about one key, by the wall clock of who wrote it.</summary>
public sealed record KeyTimes(DateTimeOffset? Created = null, DateTimeOffset? Promoted = null, DateTimeOffset? Retired = null);

/// <summary>The copy of a key Secret in another namespace, which the runs there mount.</summary>
/// <param name="Seen">Null: it is wanted there and is missing.</param>
public sealed record KeyCopy(string Namespace, SeenRing? Seen);
