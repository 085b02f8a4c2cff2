namespace BackupRunner.Webhook.Reconcile;

/// <summary>Every object of ours that the watches have told of, found by name and by what it is for.</summary>
public sealed class OwnObjects
{
    /// <summary>Of fields of all objects. What comes after that is kept without them, and read from the server when it is looked at.</summary>
    public const long MostBytes = 96 << 20;

    readonly Lock gate = new();
    readonly Dictionary<ObjectKey, OwnObject> all = [];
    readonly Dictionary<(string Namespace, string Label), HashSet<ObjectKey>> byLabel = [];

    /// <summary>How often something was told, by a part of the keys each.</summary>
    readonly long[] told = new long[4096];
    long bytes;

    public int Count
    {
        get
        {
            lock (gate)
                return all.Count;
        }
    }

    public OwnObject? Find(ObjectKey key)
    {
        lock (gate)
            return all.GetValueOrDefault(key);
    }

    public IReadOnlyList<OwnObject> For(string @namespace, string label)
    {
        lock (gate)
        {
            return byLabel.TryGetValue((@namespace, label), out var keys)
                ? [.. keys.Select(key => all[key]).OrderBy(one => one.Key.Plural, StringComparer.Ordinal).ThenBy(one => one.Key.Name, StringComparer.Ordinal)]
                : [];
        }
    }

    /// <summary>For whom there are any.</summary>
    public IReadOnlyList<(string Namespace, string Label)> Labels
    {
        get
        {
            lock (gate)
                return [.. byLabel.Keys];
        }
    }

    /// <summary>What was told.</summary>
    /// <returns>The one before; null: there was none.</returns>
    public OwnObject? Put(OwnObject now)
    {
        lock (gate)
        {
            told[Part(now.Key)]++;
            return Keep(now);
        }
    }

    /// <summary>Was told to be gone, or was deleted by us.</summary>
    /// <returns>The one before; null: there was none.</returns>
    public OwnObject? Remove(ObjectKey key)
    {
        lock (gate)
        {
            told[Part(key)]++;
            return Drop(key);
        }
    }

    /// <summary>For <see cref="PutAnswer"/>, before a write.</summary>
    public long Mark(ObjectKey key)
    {
        lock (gate)
            return told[Part(key)];
    }

    /// <summary>The answer to a write of ours, unless something was told since <paramref name="mark"/>: that is later, or as good, and may be its end.</summary>
    public void PutAnswer(OwnObject now, long mark)
    {
        lock (gate)
        {
            if (told[Part(now.Key)] == mark)
                Keep(now);
        }
    }

    static int Part(ObjectKey key) => key.GetHashCode() & 4095;

    OwnObject? Keep(OwnObject now)
    {
        var before = Drop(now.Key);
        if (now.Fields is { } fields && bytes + fields.Length > MostBytes)
            now = now with { Fields = null };
        bytes += now.Fields?.Length ?? 0;
        all[now.Key] = now;
        var label = (now.Key.Namespace, now.Label);
        if (!byLabel.TryGetValue(label, out var keys))
            byLabel[label] = keys = [];
        keys.Add(now.Key);
        return before;
    }

    OwnObject? Drop(ObjectKey key)
    {
        if (!all.Remove(key, out var before))
            return null;
        bytes -= before.Fields?.Length ?? 0;
        var label = (key.Namespace, before.Label);
        if (byLabel[label].Remove(key) && byLabel[label].Count == 0)
            byLabel.Remove(label);
        return before;
    }
}
