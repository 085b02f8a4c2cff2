using System.Globalization;
using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>A run that goes on. The script finds it again by <c>data-run</c>, and moves its bar.</summary>
public static class RunBar
{
    public static Html Bar(this Html html, WorkloadView workload, ClaimView claim, RunView run)
    {
        var what = run.Verb switch { "backup" => "Backing up", "restore" => "Restoring", "verify" => "Verifying", var other => other };
        var percent = run.Percent is { } known ? Math.Clamp(known, 0, 100).ToString(CultureInfo.InvariantCulture) : null;
        html.Open("div", ("class", "run"), ("data-run", $"{workload.Namespace}/{workload.Kind}/{workload.Name}/{claim.Claim}"))
            .Open("span", ("class", "run-words")).Open("span").Element("b", what).Text(run.Step is { } step ? $" · {step}" : "").Close("span");
        if (percent is not null)
            html.Element("span", $"{percent} %", ("class", "run-percent"));
        html.Close("span").Open("progress", ("max", "100"), ("value", percent), ("aria-label", $"{what} {workload.Name}, claim {claim.Claim}")).Close("progress");
        if (run.Progress is { } progress)
            html.Element("small", progress);
        return html.Close("div");
    }

    public static IEnumerable<(WorkloadView Workload, ClaimView Claim, RunView Run)> In(StatusView view) =>
        view.Workloads.SelectMany(workload => workload.Claims.Where(claim => claim.Running is not null), (workload, claim) => (workload, claim, claim.Running!));

    /// <summary>All that run, with the names of their claims; nothing when none does.</summary>
    public static Html Runs(this Html html, StatusView view)
    {
        IReadOnlyList<(WorkloadView Workload, ClaimView Claim, RunView Run)> all = [.. In(view)];
        html.Open("section", ("id", "running"), ("aria-labelledby", "running-title"), ("tabindex", "-1"), ("hidden", all.Count > 0 ? null : "")).Element("h2", "Running now", ("id", "running-title"));
        html.List("runs", "runs", all, PageLimits.ShownRuns, (one, _) =>
        {
            html.Open("div", ("class", "name")).Element("b", one.Workload.Name).Element("span", $"{one.Workload.Namespace} · {one.Claim.Claim}", ("class", "soft")).Close("div");
            html.Bar(one.Workload, one.Claim, one.Run);
        });
        return html.Close("section");
    }
}
