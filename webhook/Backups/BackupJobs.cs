using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Webhook.Backups;

/// <summary>The Jobs that Backups own, as the watch has told of them.</summary>
public sealed class BackupJobs
{
    readonly Lock gate = new();
    readonly Dictionary<(string Namespace, string Name), SeenBackup> jobs = [];

    public SeenBackup? Find(string @namespace, string name)
    {
        lock (gate)
            return jobs.GetValueOrDefault((@namespace, name));
    }

    /// <param name="at">When that was told.</param>
    /// <returns>Whether something else is known of it now.</returns>
    public bool Put(SeenBackup now, DateTimeOffset at)
    {
        lock (gate)
        {
            var before = jobs.GetValueOrDefault((now.Namespace, now.Name));
            now = now.After(before, at);
            jobs[(now.Namespace, now.Name)] = now;
            return before != now;
        }
    }

    /// <returns>What was known of it; null: nothing.</returns>
    public SeenBackup? Remove(string @namespace, string name)
    {
        lock (gate)
            return jobs.Remove((@namespace, name), out var before) ? before : null;
    }
}
