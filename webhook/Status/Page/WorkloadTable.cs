using System.Globalization;
using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>A row for each claim, those of one workload together. On a narrow screen each workload is a card: every cell carries its heading.</summary>
public static class WorkloadTable
{
    static readonly string[] Headings = ["Workload", "Schedule", "Claim", "Last backup", "Size", "Kept", "Key", "Verified"];

    /// <summary>Of its place in the page.</summary>
    public static string IdOf(WorkloadView workload) => $"w-{workload.Namespace}-{workload.Kind}-{workload.Name}".ToLowerInvariant();

    public static async ValueTask Write(Html html, StatusView view, CancellationToken cancel)
    {
        html.Open("section", ("id", "workloads"), ("aria-labelledby", "workloads-title"), ("tabindex", "-1")).Element("h2", "Workloads", ("id", "workloads-title"));
        html.Open("table").Element("caption", "Protected workloads, a row for each claim").Open("thead").Open("tr");
        foreach (var heading in Headings)
            html.Element("th", heading, ("scope", "col"));
        html.Close("tr").Close("thead");
        foreach (var workload in view.Workloads.Take(PageLimits.MostWorkloads))
        {
            Write(html, workload, view.At);
            await html.Pass(cancel);
        }
        html.Close("table");
        if (view.Workloads.Count > PageLimits.MostWorkloads)
            html.Element("p", $"and {LongList.Count(view.Workloads.Count - PageLimits.MostWorkloads)} more; choose a namespace to see them", ("class", "soft"));
        html.Close("section");
    }

    static void Write(Html html, WorkloadView workload, DateTimeOffset now)
    {
        var rows = Math.Max(1, workload.Claims.Count).ToString(CultureInfo.InvariantCulture);
        html.Open("tbody", ("id", IdOf(workload)), ("class", workload.IsGood ? null : "wrong")).Open("tr");
        html.Open("th", ("scope", "rowgroup"), ("rowspan", rows)).Element("b", workload.Name).Element("span", $"{workload.Namespace} · {workload.Kind}", ("class", "soft"));
        html.Open("span", ("class", "soft")).Text("policy ").Element("em", workload.Policy).Close("span");
        if (!workload.IsGood)
            html.Element("span", workload.Status ?? "nothing is known yet", ("class", "sentence"));
        html.Close("th").Open("td", ("rowspan", rows), ("data-label", "Schedule"));
        Schedule(html, workload.Schedule, now);
        html.Close("td");
        if (workload.Claims.Count == 0)
            html.Element("td", "no claim yet", ("class", "soft"), ("colspan", "6"), ("data-label", "Claim")).Close("tr");
        for (var i = 0; i < workload.Claims.Count; i++)
        {
            if (i > 0)
                html.Open("tr");
            ClaimCells.Write(html, workload, workload.Claims[i], now);
            html.Close("tr");
        }
        html.Close("tbody");
    }

    static void Schedule(Html html, ScheduleView? schedule, DateTimeOffset now)
    {
        if (schedule is null)
        {
            html.Element("span", "no valid policy", ("class", "pill bad"));
            return;
        }
        html.Element("code", schedule.Cron);
        if (schedule.TimeZone is { } zone)
            html.Element("span", zone, ("class", "soft"));
        html.Open("span", ("class", "soft"));
        if (!schedule.IsOn)
            html.Text("off: by hand only");
        else if (schedule.Next is { } next)
            html.Text("next ").Time(next, now);
        else
            html.Text("never comes");
        html.Close("span");
    }
}
