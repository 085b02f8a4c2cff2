using BackupRunner.Keys;

namespace BackupRunner.Webhook.Keys;

/// <summary>What the copy of a Secret should hold.</summary>
/// <param name="Changes">The fields that differ; null: it goes. The bytes are those of the source and of the copy.</param>
/// <param name="Rings">The key fields whose keys it then holds: the one that is wanted, and those of <paramref name="Left"/>.</param>
/// <param name="Only">Keys that it then holds and the source does not.</param>
/// <param name="Left">Those of them that are in no ring that is wanted, and stay because they are nowhere else.</param>
public sealed record CopyContent(Dictionary<string, byte[]?> Changes, IReadOnlyList<string> Rings, IReadOnlyList<KeyId> Only, IReadOnlyList<KeyId> Left)
{
    /// <summary>
    /// Of credentials all fields, of keys those of the ring and no other. A key that the copy has stays in it, though the source has it no more, also one of a ring
    /// that is not wanted any more, and a source that holds no key where one should be changes nothing there.
    /// </summary>
    /// <param name="rings">Which rings the copy says that it has.</param>
    /// <param name="dropped">Of the ring: it goes from the copy, unless the source has it.</param>
    public static CopyContent Of(
        IReadOnlyDictionary<string, byte[]> source, IReadOnlyDictionary<string, byte[]> copy, CopyRings rings, bool credentials, string? keyField, KeyId? dropped)
    {
        var wanted = credentials ? new Dictionary<string, byte[]>(source) : [];
        if (keyField is not null)
            TakeRing(wanted, source, copy, keyField, dropped);
        var elsewhere = CopyRings.IdsIn(source);
        var (fields, left) = (keyField is null ? new List<string>() : [keyField], new List<KeyId>());
        var ids = keyField is null ? [] : RingFields.Read(keyField, wanted).Ids.ToHashSet();
        foreach (var (ring, field, id) in rings.Keys(copy).Where(key => key.Id != dropped && !elsewhere.Contains(key.Id)))
        {
            if (!ids.Add(id))
                continue;
            wanted[wanted.ContainsKey(field) ? KeyFields.Other(ring, id) : field] = copy[field];
            left.Add(id);
            if (!fields.Contains(ring))
                fields.Add(ring);
        }
        return new(Differences(wanted, copy), fields, [.. ids.Where(id => !elsewhere.Contains(id)).OrderBy(id => id.Text, StringComparer.Ordinal)], left);
    }

    static Dictionary<string, byte[]?> Differences(Dictionary<string, byte[]> wanted, IReadOnlyDictionary<string, byte[]> copy)
    {
        var changes = new Dictionary<string, byte[]?>();
        foreach (var (field, content) in wanted)
        {
            if (!copy.TryGetValue(field, out var had) || !had.AsSpan().SequenceEqual(content))
                changes[field] = content;
        }
        foreach (var field in copy.Keys.Where(field => !wanted.ContainsKey(field)))
            changes[field] = null;
        return changes;
    }

    static void TakeRing(
        Dictionary<string, byte[]> wanted, IReadOnlyDictionary<string, byte[]> source, IReadOnlyDictionary<string, byte[]> copy, string keyField, KeyId? dropped)
    {
        foreach (var field in wanted.Keys.Where(field => field == keyField || KeyFields.IdOf(keyField, field) is not null).ToList())
            wanted.Remove(field);
        var (ring, had) = (RingFields.Read(keyField, source), RingFields.Read(keyField, copy));
        var ids = ring.Ids.ToHashSet();
        bool OnlyInCopy(KeyId id) => !ids.Contains(id) && id != dropped;

        if (ring.Current is not null)
            wanted[keyField] = source[keyField];
        else if (copy.TryGetValue(keyField, out var kept))
            wanted[keyField] = kept;
        foreach (var field in ring.Held.Values)
            wanted[field] = source[field];
        foreach (var (id, field) in had.Held.Where(held => OnlyInCopy(held.Key)))
            wanted[field] = copy[field];
        // The source has another current key now, and not the one that was.
        if (ring.Current is not null && had.Current is { } current && OnlyInCopy(current))
            wanted[KeyFields.Other(keyField, current)] = copy[keyField];
    }
}
