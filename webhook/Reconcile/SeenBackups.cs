namespace BackupRunner.Webhook.Reconcile;

/// <summary>The backups that the watch of Jobs has told of, by their CronJob: those that are not over, and the one that ended last.</summary>
public sealed class SeenBackups
{
    /// <summary>Of one CronJob: anybody may make Jobs that look like its own.</summary>
    public const int MostAtOnce = 16;

    readonly Lock gate = new();
    readonly Dictionary<(string Namespace, string CronJob), List<SeenBackup>> byCronJob = [];
    readonly Dictionary<(string Namespace, string Name), string> cronJobs = [];

    /// <summary>CronJobs of which something is known.</summary>
    public IReadOnlyList<(string Namespace, string CronJob)> All
    {
        get
        {
            lock (gate)
                return [.. byCronJob.Keys];
        }
    }

    public IReadOnlyList<SeenBackup> Of(string @namespace, string cronJob)
    {
        lock (gate)
            return byCronJob.TryGetValue((@namespace, cronJob), out var found) ? [.. found] : [];
    }

    /// <param name="at">When that was told.</param>
    /// <returns>The CronJobs of which something else is known now.</returns>
    public IReadOnlyList<string> Put(SeenBackup now, DateTimeOffset at)
    {
        lock (gate)
        {
            var before = Drop(now.Namespace, now.Name);
            now = now.After(before, at);
            var kept = Keep(now);
            return kept && before == now ? [] : [.. new[] { before?.Owner.Name, kept ? now.Owner.Name : null }.OfType<string>().Distinct()];
        }
    }

    /// <returns>The CronJob of which something else is known now; null: none.</returns>
    public string? Remove(string @namespace, string name)
    {
        lock (gate)
            return Drop(@namespace, name)?.Owner.Name;
    }

    /// <returns>False: it is not worth keeping.</returns>
    bool Keep(SeenBackup now)
    {
        var key = (now.Namespace, now.Owner.Name);
        var others = byCronJob.GetValueOrDefault(key, []);
        if (now.IsOver)
        {
            if (others.Exists(other => other.IsOver && (other.Ended, other.Name).CompareTo((now.Ended, now.Name)) > 0))
                return false;
            foreach (var earlier in others.FindAll(other => other.IsOver))
                Drop(earlier.Namespace, earlier.Name);
            others = byCronJob.GetValueOrDefault(key, []);
        }
        else if (others.Count(other => !other.IsOver) >= MostAtOnce)
            return false;
        others.Add(now);
        byCronJob[key] = others;
        cronJobs[(now.Namespace, now.Name)] = now.Owner.Name;
        return true;
    }

    SeenBackup? Drop(string @namespace, string name)
    {
        if (!cronJobs.Remove((@namespace, name), out var cronJob))
            return null;
        var among = byCronJob[(@namespace, cronJob)];
        var at = among.FindIndex(one => one.Name == name);
        var before = among[at];
        among.RemoveAt(at);
        if (among.Count == 0)
            byCronJob.Remove((@namespace, cronJob));
        return before;
    }
}
