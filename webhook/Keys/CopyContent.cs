using BackupRunner.Keys;

namespace BackupRunner.Webhook.Keys;

/// <summary>What the copy of a Secret should hold.</summary>
public static class CopyContent
{
    /// <summary>
    /// Of credentials all fields, of keys those of the ring and no other. A key that the copy has stays in it, though the source has it no more, and a source that
    /// holds no key where one should be changes nothing there.
    /// </summary>
    /// <param name="dropped">Of the ring: it goes from the copy, unless the source has it.</param>
    /// <returns>The fields that differ; null: it goes. The bytes are those of <paramref name="source"/> and <paramref name="copy"/>.</returns>
    public static Dictionary<string, byte[]?> Changes(
        IReadOnlyDictionary<string, byte[]> source, IReadOnlyDictionary<string, byte[]> copy, bool credentials, string? keyField, KeyId? dropped)
    {
        var wanted = credentials ? new Dictionary<string, byte[]>(source) : [];
        if (keyField is not null)
            TakeRing(wanted, source, copy, keyField, dropped);
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
