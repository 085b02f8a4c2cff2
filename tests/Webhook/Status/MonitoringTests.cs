using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Tests.Webhook.Status;

/// <summary>manifests/monitoring: the alerts, by Prometheus' own tool, and the dashboard.</summary>
public sealed class MonitoringTests
{
    static readonly IReadOnlyList<JsonObject> Rendered = Yaml.Documents(Shell.Run("kubectl", "kustomize", Repository.PathOf("manifests/monitoring")));

    static readonly IReadOnlyList<JsonNode> Rules = [.. ((JsonArray)One("PrometheusRule")["spec"]!["groups"]!).SelectMany(group => (JsonArray)group!["rules"]!).Select(rule => rule!)];

    [Fact]
    public void Promtool_takes_the_rules_and_each_fires_when_it_should()
    {
        using var scratch = new Scratch();
        // JSON is YAML.
        scratch.File("rules.yaml", One("PrometheusRule")["spec"]!.ToJsonString());
        scratch.File("alerts.yaml", File.ReadAllText(Repository.PathOf("tests/Webhook/Status/alerts.yaml")));
        Assert.Contains($"{Rules.Count} rules found", Shell.Run("promtool", "check", "rules", scratch["rules.yaml"]), StringComparison.Ordinal);
        Assert.Contains("SUCCESS", Shell.Run("promtool", "test", "rules", scratch["alerts.yaml"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_alert_is_tried_where_it_fires_and_where_it_does_not()
    {
        var tried = Yaml.DocumentsIn(Repository.PathOf("tests/Webhook/Status/alerts.yaml")).Single()["tests"]!.AsArray().SelectMany(test => test!["promql_expr_test"]!.AsArray())
            .ToLookup(one => Regex.Match((string)one!["expr"]!, "alertname=\"(\\w+)\"").Groups[1].Value, one => ((JsonArray)one!["exp_samples"]!).Count > 0);
        Assert.Equal(Rules.Select(rule => (string)rule["alert"]!).Order(), tried.Select(alert => alert.Key).Order());
        Assert.All(tried, alert => Assert.Equal([false, true], alert.Distinct().Order()));
    }

    [Fact]
    public void Each_alert_says_what_to_do_and_how_bad_it_is_and_the_manual_has_it()
    {
        var manual = File.ReadAllText(Repository.PathOf("docs/OPERATIONS.md"));
        Assert.All(Rules, rule =>
        {
            Assert.Contains((string?)rule["labels"]!["severity"], (string[])["critical", "warning"]);
            Assert.InRange(((string)rule["annotations"]!["summary"]!).Length, 20, 120);
            Assert.InRange(((string)rule["annotations"]!["description"]!).Length, 100, 600);
            Assert.Contains($"`{rule["alert"]}`", manual, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Every_metric_that_a_rule_the_dashboard_or_the_manual_names_is_one_that_is_told()
    {
        var told = await Told();
        var expressions = Rules.Select(rule => (string)rule["expr"]!).Concat(Panels().SelectMany(panel => (JsonArray)panel["targets"]!).Select(target => (string)target!["expr"]!)).ToList();
        Assert.True(expressions.Count > 35);
        Assert.Empty(expressions.SelectMany(Names).Distinct().Except(told).Except(["up"]));
        var table = Regex.Matches(File.ReadAllText(Repository.PathOf("docs/OPERATIONS.md")), "`((backup|restore|workqueue)_[a-z_]+)`").Select(match => match.Groups[1].Value).ToHashSet();
        var ours = told.Where(name => Regex.IsMatch(name, "^(backup|restore|workqueue)_") && !Regex.IsMatch(name, "_(bucket|count|sum)$")).Concat(told.Where(name => name.EndsWith("_bucket", StringComparison.Ordinal)).Select(name => name[..^7]));
        Assert.Equal(ours.Order(), table.Order());
    }

    [Fact]
    public void The_expressions_of_the_dashboard_are_valid()
    {
        using var scratch = new Scratch();
        var rules = new JsonArray([.. Panels().SelectMany(panel => (JsonArray)panel["targets"]!).Select((target, i) => new JsonObject { ["record"] = $"panel:{i}", ["expr"] = ((string)target!["expr"]!).Replace("$namespace", ".*", StringComparison.Ordinal) })]);
        scratch.File("rules.yaml", new JsonObject { ["groups"] = new JsonArray(new JsonObject { ["name"] = "dashboard", ["rules"] = rules.DeepClone() }) }.ToJsonString());
        Assert.Contains($"{rules.Count} rules found", Shell.Run("promtool", "check", "rules", scratch["rules.yaml"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Panels_have_ids_of_their_own_and_do_not_overlap()
    {
        var panels = Panels().ToList();
        Assert.Equal(panels.Count, panels.Select(panel => (int)panel["id"]!).Distinct().Count());
        var cells = panels.SelectMany(panel =>
        {
            var (at, w, h) = (panel["gridPos"]!, (int)panel["gridPos"]!["w"]!, (int)panel["gridPos"]!["h"]!);
            return Enumerable.Range(0, w * h).Select(i => ((int)at["x"]! + i % w, (int)at["y"]! + i / w));
        }).ToList();
        Assert.Equal(cells.Count, cells.Distinct().Count());
        Assert.All(cells, cell => Assert.InRange(cell.Item1, 0, 23));
    }

    [Fact]
    public void Prometheus_finds_the_Service_and_Grafana_the_dashboard()
    {
        var (monitor, service) = (One("ServiceMonitor"), BackupRunner.Tests.Webhook.Rendered.One("Service", "backup-webhook-status"));
        Assert.All((JsonObject)monitor["spec"]!["selector"]!["matchLabels"]!, label => Assert.Equal((string)label.Value!, (string?)service["metadata"]!["labels"]![label.Key]));
        // The other Service would be asked on its port for admission.
        Assert.Null(BackupRunner.Tests.Webhook.Rendered.One("Service", "backup-webhook")["metadata"]!["labels"]!["app.kubernetes.io/component"]);
        var endpoint = monitor["spec"]!["endpoints"]![0]!;
        Assert.Equal(((string)service["spec"]!["ports"]![0]!["name"]!, "/metrics", true), ((string)endpoint["port"]!, (string)endpoint["path"]!, (bool)endpoint["honorLabels"]!));
        Assert.Equal("1", (string?)One("ConfigMap")["metadata"]!["labels"]!["grafana_dashboard"]);
        Assert.All(Rendered, item => Assert.Equal("backup-system", (string?)item["metadata"]!["namespace"]));
    }

    static JsonObject One(string kind) => Rendered.Single(item => (string)item["kind"]! == kind);

    static IEnumerable<JsonNode> Panels() => ((JsonArray)JsonNode.Parse((string)One("ConfigMap")["data"]!["backups.json"]!)!["panels"]!).Select(panel => panel!);

    /// <summary>Metrics in an expression: what is neither a function, nor a word of the language, nor a label.</summary>
    static IEnumerable<string> Names(string expression)
    {
        var bare = Regex.Replace(Regex.Replace(Regex.Replace(expression, "\\{[^}]*\\}", ""), "\\[[^]]*\\]", ""), "\\bby \\([^)]*\\)", "");
        return Regex.Matches(bare, "\\b[a-z_]+[a-z]\\b(?! *\\()").Select(match => match.Value).Except(["unless", "and", "or"]);
    }

    static async Task<HashSet<string>> Told()
    {
        var restoring = Views.WithRun(Views.Handful.Workloads[0], new RunView("restore", "swap", 5, null));
        await using var server = await StatusServer.Start(Views.Handful with { Workloads = [restoring, .. Views.Handful.Workloads.Skip(1)] });
        server.Everything();
        return [.. (await server.Get("/metrics")).Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => Regex.Match(line, "^[a-z_]+").Value)];
    }
}
