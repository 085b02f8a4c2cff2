namespace BackupRunner.Webhook.Reconcile;

/// <summary>Backups that failed since this process began to look, by claim; each Job counts once.</summary>
public sealed class FailureCounts
{
    readonly Lock gate = new();
    readonly Dictionary<(string Namespace, string CronJob), long> counts = [];
    readonly Dictionary<(string Namespace, string Job), string> counted = [];

    public long Of(string @namespace, string cronJob)
    {
        lock (gate)
            return counts.GetValueOrDefault((@namespace, cronJob));
    }

    /// <param name="cronJob">Of the claim.</param>
    public void Put(SeenBackup job, string cronJob)
    {
        lock (gate)
        {
            if (job.State != BackupState.Failed || counted.GetValueOrDefault((job.Namespace, job.Name)) == job.Uid)
                return;
            counted[(job.Namespace, job.Name)] = job.Uid;
            counts[(job.Namespace, cronJob)] = counts.GetValueOrDefault((job.Namespace, cronJob)) + 1;
        }
    }

    public void Remove(string @namespace, string job)
    {
        lock (gate)
            counted.Remove((@namespace, job));
    }
}
