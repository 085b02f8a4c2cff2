using System.Globalization;
using System.Text;
using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>The sizes of the last backups as a line, oldest left.</summary>
public static class Sparkline
{
    /// <summary>Of the drawing, in its own units.</summary>
    public const int Width = 112;

    public const int Height = 28;

    const int Margin = 3;
    const int MostPoints = 40;

    /// <summary>The line is at least so much of the height away from a change of everything: noise must not look like growth.</summary>
    const double LeastRange = 0.2;

    /// <summary>Left to right, with y from the top. Empty: fewer than two sizes are known.</summary>
    public static IReadOnlyList<(double X, double Y)> Points(IReadOnlyList<long> sizes)
    {
        if (sizes.Count < 2)
            return [];
        var newest = sizes.Skip(sizes.Count - MostPoints).Select(size => (double)size).ToList();
        var (least, most) = (newest.Min(), newest.Max());
        var range = Math.Max(most - least, Math.Max(most * LeastRange, 1));
        // In the middle when it changes less than that.
        var bottom = (least + most - range) / 2;
        return [.. newest.Select((size, i) => (Margin + (Width - 2.0 * Margin) * i / (newest.Count - 1), Height - Margin - (Height - 2 * Margin) * (size - bottom) / range))];
    }

    public static IReadOnlyList<long> Sizes(ClaimView claim) => [.. claim.Backups.Select(backup => backup.StoredBytes ?? backup.Bytes).OfType<long>()];

    public static Html Draw(this Html html, ClaimView claim)
    {
        var sizes = Sizes(claim);
        var points = Points(sizes);
        if (points.Count == 0)
            return html;
        var line = Line(points);
        var last = points[^1];
        return html.Open("svg", ("class", "trend"), ("role", "img"), ("viewBox", $"0 0 {Width} {Height}"))
            .Element("title", $"Size of the last {points.Count} backups: from {Reports.Sizes.Bytes(sizes[^points.Count])} to {Reports.Sizes.Bytes(sizes[^1])}")
            .Open("path", ("class", "area"), ("d", $"{line}L{Number(last.X)} {Height}L{Number(points[0].X)} {Height}Z")).Close("path")
            .Open("path", ("class", "line"), ("d", line)).Close("path")
            .Open("circle", ("cx", Number(last.X)), ("cy", Number(last.Y)), ("r", "2.2")).Close("circle")
            .Close("svg");
    }

    static string Line(IReadOnlyList<(double X, double Y)> points)
    {
        var path = new StringBuilder();
        foreach (var (x, y) in points)
            path.Append(path.Length == 0 ? 'M' : 'L').Append(Number(x)).Append(' ').Append(Number(y));
        return path.ToString();
    }

    static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
