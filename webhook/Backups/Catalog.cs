namespace BackupRunner.Webhook.Backups;

/// <summary>All Backups of the cluster, and those of one claim by the name of its CronJob.</summary>
public sealed class Catalog
{
    readonly Lock gate = new();
    readonly Dictionary<(string Namespace, string Name), BackupObject> backups = [];
    readonly Dictionary<(string Namespace, string CronJob), HashSet<string>> byCronJob = [];

    public BackupObject? Find(string @namespace, string name)
    {
        lock (gate)
            return backups.GetValueOrDefault((@namespace, name));
    }

    /// <summary>Those of a claim, by name.</summary>
    public IReadOnlyList<BackupObject> Of(string @namespace, string cronJob)
    {
        lock (gate)
            return byCronJob.TryGetValue((@namespace, cronJob), out var names) ? [.. names.Order(StringComparer.Ordinal).Select(name => backups[(@namespace, name)])] : [];
    }

    public IReadOnlyList<BackupObject> All
    {
        get
        {
            lock (gate)
                return [.. backups.Values];
        }
    }

    /// <returns>What was known of it; null: nothing.</returns>
    public BackupObject? Put(BackupObject now)
    {
        lock (gate)
        {
            var before = Drop(now.Namespace, now.Name);
            now = Sharing(now);
            backups[(now.Namespace, now.Name)] = now;
            foreach (var cronJob in now.CronJobs)
            {
                if (!byCronJob.TryGetValue((now.Namespace, cronJob), out var names))
                    byCronJob[(now.Namespace, cronJob)] = names = new(StringComparer.Ordinal);
                names.Add(now.Name);
            }
            return before;
        }
    }

    /// <returns>What was known of it; null: nothing.</returns>
    public BackupObject? Remove(string @namespace, string name)
    {
        lock (gate)
            return Drop(@namespace, name);
    }

    /// <summary>Its namespace and workload as those of the others of its claim: there may be a hundred of each.</summary>
    BackupObject Sharing(BackupObject now)
    {
        foreach (var cronJob in now.CronJobs)
        {
            if (byCronJob.TryGetValue((now.Namespace, cronJob), out var names) && names.Count > 0 && backups[(now.Namespace, names.First())] is var other && other.Workload == now.Workload)
                return now with { Namespace = other.Namespace, Workload = other.Workload };
        }
        return now;
    }

    BackupObject? Drop(string @namespace, string name)
    {
        if (!backups.Remove((@namespace, name), out var before))
            return null;
        foreach (var cronJob in before.CronJobs)
        {
            if (byCronJob.TryGetValue((@namespace, cronJob), out var names) && names.Remove(name) && names.Count == 0)
                byCronJob.Remove((@namespace, cronJob));
        }
        return before;
    }
}
