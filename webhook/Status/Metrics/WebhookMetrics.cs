using System.IO.Pipelines;
using BackupRunner.Webhook.Status.View;
using Prometheus;

namespace BackupRunner.Webhook.Status.Metrics;

/// <summary>Everything that <c>/metrics</c> tells: what instruments have counted, and what the <see cref="StatusView"/> shows now.</summary>
public sealed class WebhookMetrics
{
    /// <summary>Of the text format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    readonly CollectorRegistry registry = Prometheus.Metrics.NewCustomRegistry();

    public WebhookMetrics()
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        (Queues, Admission, Restores, Keys) = (new(factory), new(factory), new(factory), new(factory));
        // process_cpu_seconds_total and the like.
        DotNetStats.Register(registry);
    }

    public WorkQueueMetrics Queues { get; }

    public AdmissionMetrics Admission { get; }

    public RestoreMetrics Restores { get; }

    public KeyMetrics Keys { get; }

    public async Task Write(PipeWriter to, StatusView view, CancellationToken cancel)
    {
        await registry.CollectAndExportAsTextAsync(to.AsStream(leaveOpen: true), cancel);
        var output = new Utf8Output(to);
        await ViewMetrics.Write(output, view, cancel);
        await output.End(cancel);
    }
}
