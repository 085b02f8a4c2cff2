using BackupRunner.Kube;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>
/// One kind that is followed, through any number of watches one after the other. A new watch knows nothing of what the one before has told: what its listing does not name
/// has gone meanwhile.
/// </summary>
public sealed class WatchedKind<T>(KubeResource<T> of, string? @namespace, ListOptions options, Action<T> put, Action<string, string> remove) where T : KubeObject
{
    readonly HashSet<(string Namespace, string Name)> present = [];
    HashSet<(string Namespace, string Name)>? missing;

    public KubeResource<T> Of => of;

    public string? Namespace => @namespace;

    public ListOptions Options => options;

    /// <summary>A new watch begins.</summary>
    public void Begin() => missing = [.. present];

    /// <returns>True: everything that there is has been told.</returns>
    public bool Take(WatchEvent<T> change)
    {
        if (change.Item is not { } item)
        {
            foreach (var (space, name) in missing ?? [])
                Remove((space, name));
            missing = null;
            return true;
        }
        var key = (item.Metadata.Namespace ?? "", item.Metadata.Name);
        missing?.Remove(key);
        if (change.Change == WatchChange.Deleted)
        {
            Remove(key);
            return false;
        }
        present.Add(key);
        put(item);
        return false;
    }

    void Remove((string Namespace, string Name) key)
    {
        present.Remove(key);
        remove(key.Namespace, key.Name);
    }
}
