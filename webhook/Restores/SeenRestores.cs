namespace BackupRunner.Webhook.Restores;

/// <summary>The Restores and their Jobs that the watches have told of. What changes tells of those that it may matter to.</summary>
public sealed class SeenRestores
{
    readonly Lock gate = new();
    readonly Dictionary<string, Dictionary<string, RestoreObject>> restores = [];
    readonly Dictionary<(string Namespace, string Name), SeenRestoreJob> jobs = [];

    /// <summary>Of all namespaces.</summary>
    public IReadOnlyList<RestoreObject> All
    {
        get
        {
            lock (gate)
                return [.. restores.Values.SelectMany(inside => inside.Values)];
        }
    }

    public RestoreObject? Find(string space, string name)
    {
        lock (gate)
            return restores.GetValueOrDefault(space)?.GetValueOrDefault(name);
    }

    /// <summary>Those of a namespace that may have to be looked at when something changes there: not over, being deleted, or not settled.</summary>
    public IReadOnlyList<RestoreObject> Open(string space)
    {
        lock (gate)
            return restores.TryGetValue(space, out var inside) ? [.. inside.Values.Where(one => !one.Status.IsOver || one.Status.IsUnsettled || one.IsBeingDeleted)] : [];
    }

    public SeenRestoreJob? Job(string space, string name)
    {
        lock (gate)
            return jobs.GetValueOrDefault((space, name));
    }

    /// <returns>The names of the Restores to look at: itself, and when it holds up others no longer, those.</returns>
    public IReadOnlyList<string> Put(RestoreObject now)
    {
        RestoreObject? before;
        lock (gate)
        {
            if (!restores.TryGetValue(now.Namespace, out var inside))
                restores[now.Namespace] = inside = [];
            before = inside.GetValueOrDefault(now.Name);
            inside[now.Name] = now;
        }
        var ends = before is { Status.IsOver: false } && now.Status.IsOver || before is { IsBeingDeleted: false } && now.IsBeingDeleted;
        return ends ? [now.Name, .. Open(now.Namespace).Select(one => one.Name).Where(name => name != now.Name)] : [now.Name];
    }

    /// <returns>The names of the Restores to look at.</returns>
    public IReadOnlyList<string> Remove(string space, string name)
    {
        lock (gate)
        {
            if (restores.TryGetValue(space, out var inside) && inside.Remove(name) && inside.Count == 0)
                restores.Remove(space);
        }
        return [name, .. Open(space).Select(one => one.Name)];
    }

    /// <returns>The Restore of which something else is known now; null: none.</returns>
    public string? Put(SeenRestoreJob now)
    {
        lock (gate)
        {
            var before = jobs.GetValueOrDefault((now.Namespace, now.Name));
            jobs[(now.Namespace, now.Name)] = now;
            return before == now ? null : now.Restore.Name;
        }
    }

    /// <returns>The Restore whose Job it was; null: none.</returns>
    public string? RemoveJob(string space, string name)
    {
        lock (gate)
            return jobs.Remove((space, name), out var before) ? before.Restore.Name : null;
    }
}
