using Prometheus;

namespace BackupRunner.Webhook.Status.Metrics;

/// <summary>How restores ended since this process began.</summary>
public sealed class RestoreMetrics
{
    /// <summary>Series stay for so many workloads, those of the last restores.</summary>
    public const int MostWorkloads = 1_000;

    static readonly string[] Workload = ["namespace", "kind", "workload"];

    readonly Lock gate = new();
    readonly Queue<(string Namespace, string Kind, string Name)> known = new();
    readonly Counter total;
    readonly Gauge success;
    readonly Gauge failure;
    readonly Gauge duration;

    public RestoreMetrics(IMetricFactory factory)
    {
        total = factory.CreateCounter("restore_total", "Restores that ended since this process began. Result: succeeded or failed.", ["result"]);
        success = factory.CreateGauge("restore_last_success_timestamp_seconds", "When a restore of the workload last succeeded.", Workload);
        failure = factory.CreateGauge("restore_last_failure_timestamp_seconds", "When the last restore of the workload failed; absent once one has succeeded since.", Workload);
        duration = factory.CreateGauge("restore_duration_seconds", "How long the last restore of the workload took.", Workload);
        // There from the start, so that the first one counts as an increase.
        foreach (var result in (string[])["succeeded", "failed"])
            total.WithLabels(result);
    }

    /// <param name="kind">As in manifests: <c>StatefulSet</c>.</param>
    /// <param name="took">Null: not known.</param>
    public void Ended(string @namespace, string kind, string workload, bool succeeded, DateTimeOffset at, TimeSpan? took)
    {
        string[] labels = [@namespace, kind, workload];
        lock (gate)
        {
            total.WithLabels(succeeded ? "succeeded" : "failed").Inc();
            (succeeded ? success : failure).WithLabels(labels).Set(at.ToUnixTimeSeconds());
            if (succeeded)
                failure.RemoveLabelled(labels);
            if (took is { } time)
                duration.WithLabels(labels).Set(time.TotalSeconds);
            else
                duration.RemoveLabelled(labels);
            if (known.Contains((@namespace, kind, workload)))
                return;
            known.Enqueue((@namespace, kind, workload));
            if (known.Count > MostWorkloads)
                Forget(known.Dequeue());
        }
    }

    void Forget((string Namespace, string Kind, string Name) workload)
    {
        foreach (var gauge in (Gauge[])[success, failure, duration])
            gauge.RemoveLabelled(workload.Namespace, workload.Kind, workload.Name);
    }
}
