using BackupRunner.Reports;
using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>The page: what needs attention first, then what runs, then everything.</summary>
public static class StatusPage
{
    const string Annotate = "kubectl annotate statefulset NAME -n NAMESPACE backup.middleware.io/policy=POLICY";

    public static async ValueTask Write(Html html, StatusView all, PageFilter filter, CancellationToken cancel)
    {
        var view = filter.Of(all);
        var summary = PageSummary.Of(view);
        html.Doctype().Open("html", ("lang", "en"));
        Head(html, summary);
        html.Open("body").Element("a", "Skip to the workloads", ("class", "skip"), ("href", "#workloads"));
        Top(html, all, filter);
        html.Open("main", ("id", "content"));
        Numbers(html, summary);
        if (view.Workloads.Count == 0)
            Nothing(html, filter);
        Problems(html, view);
        html.Runs(view);
        await html.Pass(cancel);
        if (view.Workloads.Count > 0)
            await WorkloadTable.Write(html, view, cancel);
        Unprotected(html, view.Unprotected);
        html.Open("footer").Open("p").Text("As of ").Open("time", ("datetime", UtcTime.Text(view.At))).Text(Ages.Exact(view.At)).Close("time").Text(view.Leads ? ", told by the replica that leads. " : ", told by a replica that stands by. ");
        if (view.CertificateExpiry is { } expiry)
            html.Text("The webhook's certificate expires ").Time(expiry, view.At).Text(". ");
        html.Text("This page changes nothing. The same for Prometheus: ").Element("a", "metrics", ("href", "metrics")).Close("p").Close("footer");
        html.Close("main").Inline("script", PageAsset.Script).Close("body").Close("html");
    }

    /// <summary>Only what runs, for the script.</summary>
    public static void WriteRunning(Html html, StatusView all, PageFilter filter) => html.Doctype().Element("title", "Running").Runs(filter.Of(all));

    static void Head(Html html, PageSummary summary) => html.Open("head").Open("meta", ("charset", "utf-8"))
        .Element("title", summary.Problems > 0 ? $"({summary.Problems}) Backups" : "Backups")
        .Open("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1")).Open("meta", ("name", "color-scheme"), ("content", "light dark"))
        .Open("link", ("rel", "icon"), ("href", "favicon.svg"), ("type", "image/svg+xml")).Inline("style", PageAsset.Style).Close("head");

    static void Top(Html html, StatusView all, PageFilter filter)
    {
        html.Open("header").Open("div", ("class", "top")).Open("img", ("src", "favicon.svg"), ("alt", ""), ("width", "28"), ("height", "28")).Element("h1", "Backups");
        html.Element("p", "No answer; trying again. What you see is older.", ("id", "stale"), ("role", "status"), ("hidden", ""));
        html.Open("form", ("method", "get"), ("action", "./")).Element("label", "Namespace", ("for", "namespace")).Open("select", ("id", "namespace"), ("name", "namespace"));
        html.Element("option", "all", ("value", ""), ("selected", filter.Namespace is null ? "" : null));
        foreach (var choice in filter.Choices(all))
            html.Element("option", choice, ("value", choice), ("selected", choice == filter.Namespace ? "" : null));
        html.Close("select").Element("button", "Show", ("type", "submit")).Close("form").Close("div").Close("header");
    }

    static void Numbers(Html html, PageSummary summary)
    {
        html.Open("dl", ("class", "numbers"));
        Number("Protected workloads", summary.Workloads, summary.Claims == 1 ? "1 claim" : $"{LongList.Count(summary.Claims)} claims", null, "#workloads");
        Number("Claims up to date", summary.Good, $"of {LongList.Count(summary.Claims)}", summary.Claims > 0 && summary.Good == summary.Claims ? "good" : null, null);
        Number("Need attention", summary.Problems, summary.Problems == 1 ? "thing" : summary.Problems == 0 ? "" : "things", summary.Problems > 0 ? "bad" : null, summary.Problems > 0 ? "#attention" : null);
        Number("Running now", summary.Running, "", summary.Running > 0 ? "busy" : null, summary.Running > 0 ? "#running" : null);
        Number("Backups kept", summary.Backups, summary.StoredBytes is > 0 and var bytes ? $"{Sizes.Bytes(bytes)} stored" : "", null, null);
        Number("Unprotected", summary.Unprotected, summary.Unprotected == 1 ? "StatefulSet" : "StatefulSets", summary.Unprotected > 0 ? "warn" : null, summary.Unprotected > 0 ? "#unprotected" : null);
        html.Close("dl");

        void Number(string what, long number, string more, string? tone, string? link)
        {
            html.Open("div", ("class", tone)).Element("dt", what).Open("dd");
            if (link is null)
                html.Element("b", LongList.Count(number));
            else
                html.Element("a", LongList.Count(number), ("href", link), ("id", "to-" + link[1..]));
            html.Element("span", more).Close("dd").Close("div");
        }
    }

    static void Nothing(Html html, PageFilter filter)
    {
        html.Open("section", ("class", "empty"), ("id", "workloads"), ("tabindex", "-1")).Element("h2", filter.Namespace is null ? "Nothing is protected yet" : $"Nothing is protected in {filter.Namespace}");
        html.Element("p", "Name a policy on a workload. Each of its claims then gets a CronJob that backs it up; nothing restarts.");
        html.Open("pre").Element("code", Annotate).Close("pre");
        html.Open("p").Text("POLICY is a BackupPolicy of the same namespace: ").Element("code", "kubectl get backuppolicies -A").Text(" shows which there are.").Close("p").Close("section");
    }

    static void Problems(Html html, StatusView view)
    {
        IReadOnlyList<Attention> all = [.. Attention.In(view)];
        if (all.Count == 0)
            return;
        html.Open("section", ("id", "attention"), ("aria-labelledby", "attention-title"), ("tabindex", "-1")).Element("h2", "Needs attention", ("id", "attention-title"));
        html.List("problems", "problems", all, PageLimits.ShownProblems, (one, i) =>
        {
            html.Open("p").Element("b", one.What).Text(" ").Element("a", $"{one.Workload.Namespace}/{one.Workload.Name}", ("href", "#" + WorkloadTable.IdOf(one.Workload)), ("id", $"problem-{i}"));
            if (one.Claim is { } claim)
                html.Element("span", $" · {claim.Claim}", ("class", "soft"));
            if (one.At is { } at)
                html.Open("span", ("class", "soft")).Text(" · ").Time(at, view.At).Close("span");
            html.Close("p").Element("p", one.Sentence, ("class", "sentence"));
        });
        html.Close("section");
    }

    static void Unprotected(Html html, IReadOnlyList<UnprotectedView> all)
    {
        if (all.Count == 0)
            return;
        html.Open("section", ("id", "unprotected"), ("aria-labelledby", "unprotected-title"), ("tabindex", "-1")).Element("h2", "Unprotected StatefulSets", ("id", "unprotected-title"));
        html.List("unprotected", "chips", all, PageLimits.ShownNames, (one, _) => html.Element("span", one.Namespace + "/", ("class", "soft")).Element("b", one.Name));
        html.Open("p").Text("To protect one: ").Element("code", Annotate).Close("p").Close("section");
    }
}
