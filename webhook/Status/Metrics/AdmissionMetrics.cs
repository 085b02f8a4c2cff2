using BackupRunner.Webhook.Admission;
using Prometheus;

namespace BackupRunner.Webhook.Status.Metrics;

/// <summary>What the API server asked, and how fast it was answered. Labels have a few values each, whatever is sent.</summary>
public sealed class AdmissionMetrics(IMetricFactory factory)
{
    readonly Counter requests = factory.CreateCounter(
        "backup_admission_requests_total", "Admission requests that were answered. Result: allowed, patched, denied, or refused, which was no review.", ["path", "operation", "result"]);

    // Seconds; the API server waits for 10.
    readonly Histogram duration = factory.CreateHistogram(
        "backup_admission_duration_seconds", "From an admission request to its answer.", new HistogramConfiguration { LabelNames = ["path"], Buckets = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 3, 10] });

    /// <param name="path">Of our endpoint, not as it was asked for.</param>
    /// <param name="operation">As the review has it; null: there was none.</param>
    /// <param name="reply">Null: refused without one.</param>
    public void Answered(string path, string? operation, AdmissionReply? reply) => requests.WithLabels(path, Known(operation), reply switch
    {
        AdmissionReply.Allowed => "allowed",
        AdmissionReply.Patched => "patched",
        AdmissionReply.Denied => "denied",
        _ => "refused",
    }).Inc();

    public void Took(string path, TimeSpan time) => duration.WithLabels(path).Observe(time.TotalSeconds);

    static string Known(string? operation) => operation is "CREATE" or "UPDATE" or "DELETE" or "CONNECT" ? operation : "none";
}
