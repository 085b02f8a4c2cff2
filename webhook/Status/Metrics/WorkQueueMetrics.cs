using Prometheus;

namespace BackupRunner.Webhook.Status.Metrics;

/// <summary>Of every work queue, with the names that client-go gives them.</summary>
public sealed class WorkQueueMetrics(IMetricFactory factory)
{
    static readonly string[] Name = ["name"];

    // Seconds: most looks at a thing take milliseconds, what waits behind an outage minutes.
    static readonly HistogramConfiguration Buckets = new() { LabelNames = Name, Buckets = [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 60, 300] };

    readonly Gauge depth = factory.CreateGauge("workqueue_depth", "Things that wait to be looked at.", Name);
    readonly Counter adds = factory.CreateCounter("workqueue_adds_total", "Things that were put in the queue.", Name);
    readonly Counter retries = factory.CreateCounter("workqueue_retries_total", "Looks that failed and come again after a pause.", Name);
    readonly Histogram waited = factory.CreateHistogram("workqueue_queue_duration_seconds", "How long a thing waited before it was looked at.", Buckets);
    readonly Histogram worked = factory.CreateHistogram("workqueue_work_duration_seconds", "How long a look at a thing took.", Buckets);

    public QueueMetrics Of(string name) =>
        new(depth.WithLabels(name), adds.WithLabels(name), retries.WithLabels(name), waited.WithLabels(name), worked.WithLabels(name));
}

/// <summary>Of one work queue.</summary>
/// <param name="Waited">In seconds.</param>
/// <param name="Worked">In seconds.</param>
public sealed record QueueMetrics(IGauge Depth, ICounter Adds, ICounter Retries, IHistogram Waited, IHistogram Worked);
