using System.Globalization;

namespace BackupRunner.Webhook.Status.Metrics;

/// <summary>Prometheus' text format, version 0.0.4 (its documentation's "Exposition formats").</summary>
public sealed class MetricText(Utf8Output output)
{
    public void Family(string name, string type, string help) => output.Write($"# HELP {name} {help.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal)}\n# TYPE {name} {type}\n");

    /// <param name="labels">Text of <see cref="Labels"/>.</param>
    public void Sample(string name, string labels, double value)
    {
        output.Write(name);
        output.Write(labels);
        output.Write(" ");
        output.Write(value.ToString("R", CultureInfo.InvariantCulture));
        output.Write("\n");
    }

    public static string Labels(params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var pairs = new List<string>(labels.Length);
        foreach (var (name, value) in labels)
            pairs.Add($"{name}=\"{Escaped(value)}\"");
        return pairs.Count == 0 ? "" : $"{{{string.Join(',', pairs)}}}";
    }

    static string Escaped(string value) =>
        value.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
}
