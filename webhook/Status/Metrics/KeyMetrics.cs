using Prometheus;

namespace BackupRunner.Webhook.Status.Metrics;

/// <summary>When keys must have been exchanged. A series for each key Secret that has a rotation, as long as it has.</summary>
public sealed class KeyMetrics(IMetricFactory factory)
{
    readonly Gauge due = factory.CreateGauge("backup_key_rotation_due_timestamp_seconds", "When the Secret's current key must have been replaced by another.", ["namespace", "secret"]);

    /// <param name="at">Null: the Secret is gone, or nothing rotates it.</param>
    public void RotationDue(string @namespace, string secret, DateTimeOffset? at)
    {
        if (at is { } time)
            due.WithLabels(@namespace, secret).Set(time.ToUnixTimeSeconds());
        else
            due.RemoveLabelled(@namespace, secret);
    }
}
