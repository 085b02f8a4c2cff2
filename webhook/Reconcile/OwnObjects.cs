using System.Collections.Concurrent;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>Every object of ours that the watches have told of, found by name and by what it is for.</summary>
public sealed class OwnObjects
{
    readonly ConcurrentDictionary<ObjectKey, OwnObject> all = new();
    readonly ConcurrentDictionary<(string Namespace, string Label), ConcurrentDictionary<ObjectKey, bool>> byLabel = new();

    public OwnObject? Find(ObjectKey key) => all.GetValueOrDefault(key);

    public IReadOnlyList<OwnObject> For(string @namespace, string label) =>
        byLabel.TryGetValue((@namespace, label), out var keys) ? [.. keys.Keys.Select(Find).OfType<OwnObject>().OrderBy(one => one.Key.Plural, StringComparer.Ordinal).ThenBy(one => one.Key.Name, StringComparer.Ordinal)] : [];

    /// <summary>For whom there are any.</summary>
    public IEnumerable<(string Namespace, string Label)> Labels => byLabel.Where(entry => !entry.Value.IsEmpty).Select(entry => entry.Key);

    /// <returns>The one before; null: there was none.</returns>
    public OwnObject? Put(OwnObject now)
    {
        var before = Remove(now.Key);
        all[now.Key] = now;
        byLabel.GetOrAdd((now.Key.Namespace, now.Label), _ => new())[now.Key] = true;
        return before;
    }

    public OwnObject? Remove(ObjectKey key)
    {
        if (!all.TryRemove(key, out var before))
            return null;
        if (byLabel.TryGetValue((key.Namespace, before.Label), out var keys))
            keys.TryRemove(key, out _);
        return before;
    }
}
