using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Webhook.Status.Metrics;

/// <summary>Writes the series that a <see cref="StatusView"/> tells.</summary>
public static class ViewMetrics
{
    public static async ValueTask Write(Utf8Output output, StatusView view, CancellationToken cancel)
    {
        var text = new MetricText(output);
        var claims = view.Workloads.SelectMany(workload => workload.Claims, (workload, claim) => (Of: (workload, claim), Labels: Labels(workload, ("claim", claim.Claim)))).ToList();
        foreach (var family in ViewFamilies.OfClaims)
            await Series(family, claims);
        var workloads = view.Workloads.Select(workload => (Of: workload, Labels: Labels(workload))).ToList();
        foreach (var family in ViewFamilies.OfWorkloads)
            await Series(family, workloads);
        text.Family("backup_unprotected_statefulsets", "gauge", "StatefulSets of a namespace that no policy protects.");
        foreach (var space in view.Unprotected.GroupBy(one => one.Namespace))
            text.Sample("backup_unprotected_statefulsets", MetricText.Labels(("namespace", space.Key)), space.Count());
        text.Family("backup_webhook_leader", "gauge", "1: this replica runs the reconcile loop.");
        text.Sample("backup_webhook_leader", "", view.Leads ? 1 : 0);
        text.Family("backup_webhook_certificate_expiry_timestamp_seconds", "gauge", "When the serving certificate expires; absent while there is none.");
        if (ViewFamilies.Seconds(view.CertificateExpiry) is { } expiry)
            text.Sample("backup_webhook_certificate_expiry_timestamp_seconds", "", expiry);

        async ValueTask Series<T>(ViewFamily<T> family, IReadOnlyList<(T Of, string Labels)> all)
        {
            text.Family(family.Name, family.Type, family.Help);
            foreach (var (of, labels) in all)
            {
                if (family.Value(of) is { } value)
                    text.Sample(family.Name, labels, value);
                await output.Pass(cancel);
            }
        }
    }

    static string Labels(WorkloadView workload, params ReadOnlySpan<(string Name, string Value)> more) =>
        MetricText.Labels([("namespace", workload.Namespace), ("kind", workload.Kind), ("workload", workload.Name), .. more]);
}
