using System.Collections.Frozen;

namespace BackupRunner.Keys;

/// <summary>The keys of one Secret, and since when reads have shown them there. Times are <see cref="Moment.Steady"/>.</summary>
public sealed record SeenRing
{
    SeenRing(string version, KeyId? current, TimeSpan currentSince, FrozenDictionary<KeyId, TimeSpan> heldSince)
    {
        Version = version;
        Current = current;
        CurrentSince = currentSince;
        HeldSince = heldSince;
    }

    /// <summary>The Secret's resourceVersion.</summary>
    public string Version { get; }

    /// <summary>The key of <c>keyField</c>. Null: that field is missing or no key.</summary>
    public KeyId? Current { get; }

    public TimeSpan CurrentSince { get; }

    /// <summary>The current key and the others.</summary>
    public FrozenDictionary<KeyId, TimeSpan> HeldSince { get; }

    public bool Holds(KeyId id) => HeldSince.ContainsKey(id);

    /// <summary>
    /// A read from the API server itself, not from a watch's cache. The version tells that nothing was written since <paramref name="before"/>; somebody else's
    /// write may have been the last of several, so with another version everything begins anew.
    /// </summary>
    /// <param name="before">What was seen of the same Secret before, in this process. Null: nothing.</param>
    /// <param name="ids">Of every field of the ring, each taken from the key's bytes.</param>
    public static SeenRing Read(SeenRing? before, string version, KeyId? current, IEnumerable<KeyId> ids, TimeSpan steady) =>
        before?.Version == version ? before : new SeenRing(version, current, steady, All(current, ids).ToFrozenDictionary(id => id, _ => steady));

    /// <summary>Our own write, which the API server took on the condition that this version was the last one: what it left alone has been there all the time.</summary>
    public SeenRing Written(string version, KeyId? current, IEnumerable<KeyId> ids, TimeSpan steady) => new(
        version, current, current == Current ? CurrentSince : steady,
        All(current, ids).ToFrozenDictionary(id => id, id => HeldSince.TryGetValue(id, out var since) ? since : steady));

    static HashSet<KeyId> All(KeyId? current, IEnumerable<KeyId> ids) => current is null ? [.. ids] : [.. ids, current];
}
