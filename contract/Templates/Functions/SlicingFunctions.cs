namespace BackupRunner.Templates.Functions;

/// <summary>Scriban's <c>string</c> functions that cut and replace, each as Scriban's "String functions" documents it; searches are ordinal.</summary>
static class SlicingFunctions
{
    public static IReadOnlyList<TemplateFunction> All { get; } =
    [
        TemplateFunction.Of("string.replace", "text match replace", Replace),
        TemplateFunction.Of("string.replace_first", "text match replace fromEnd?", a => ReplaceOne(a, a.Text(2), a.Has(3) && a[3] is not (null or false))),
        TemplateFunction.Of("string.remove", "text remove", a => string.IsNullOrEmpty(a.Text(0)) ? a.Text(0) : ReplaceAll(a, a.Text(0)!, "")),
        TemplateFunction.Of("string.remove_first", "text remove", a => ReplaceOne(a, "", last: false)),
        TemplateFunction.Of("string.remove_last", "text remove", a => ReplaceOne(a, "", last: true)),
        TemplateFunction.Of("string.slice", "text start length?", a => Slice(a, a.Text(0) ?? "", a.Has(2) && a[2] is not null ? a.Integer(2) : null)),
        TemplateFunction.Of("string.slice1", "text start length?", a => Slice(a, a.Text(0) ?? "", a.Has(2) ? Math.Max(0, a.Integer(2)) : 1)),
        TemplateFunction.Of("string.split", "text match", Split),
        TemplateFunction.Of("string.truncate", "text length ellipsis?", Truncate),
        TemplateFunction.Of("string.pad_left", "text width", a => Padded(a).PadLeft(a.Integer(1))),
        TemplateFunction.Of("string.pad_right", "text width", a => Padded(a).PadRight(a.Integer(1))),
    ];

    static string Replace(Arguments a) => string.IsNullOrEmpty(a.Text(0)) ? "" : ReplaceAll(a, a.Text(0)!, a.Text(2) ?? "");

    static string ReplaceAll(Arguments a, string text, string replacement)
    {
        var match = a.Text(1);
        if (string.IsNullOrEmpty(match))
            return text;
        a.ChargeSearch(text, match);
        // The longest result there can be; only when that is much is the real length worth counting.
        var most = text.Length + (text.Length / match.Length * (long)Math.Max(0, replacement.Length - match.Length));
        a.ChargeResult(most <= TemplateLimits.RenderedBytes ? most : text.Length + (Count(text, match) * (replacement.Length - match.Length)));
        return text.Replace(match, replacement, StringComparison.Ordinal);
    }

    static long Count(string text, string match)
    {
        var count = 0L;
        for (var at = text.IndexOf(match, StringComparison.Ordinal); at >= 0; at = text.IndexOf(match, at + match.Length, StringComparison.Ordinal))
            count++;
        return count;
    }

    static string ReplaceOne(Arguments a, string? replacement, bool last)
    {
        var (text, match) = (a.Text(0) ?? "", a.Text(1));
        if (string.IsNullOrEmpty(match))
            return text;
        a.ChargeSearch(text, match);
        var at = last ? text.LastIndexOf(match, StringComparison.Ordinal) : text.IndexOf(match, StringComparison.Ordinal);
        if (at < 0)
            return text;
        a.ChargeResult(text.Length + (replacement?.Length ?? 0));
        return string.Concat(text.AsSpan(0, at), replacement, text.AsSpan(at + match.Length));
    }

    /// <param name="length">Null: to the end.</param>
    static string Slice(Arguments a, string text, int? length)
    {
        long start = a.Integer(1);
        if (length < 0)
            throw a.Fault(2, "must not be negative");
        if (start < 0)
            start += text.Length;
        var end = Math.Min(text.Length, length is { } count ? start + count : text.Length);
        start = Math.Max(0, start);
        return start < end ? text[(int)start..(int)end] : "";
    }

    /// <summary>Empty parts are left out.</summary>
    static IReadOnlyList<object?> Split(Arguments a)
    {
        var (text, match) = (a.Text(0), a.Text(1));
        if (string.IsNullOrEmpty(text))
            return [];
        a.ChargeSearch(text, match);
        string[] parts = string.IsNullOrEmpty(match) ? [text] : text.Split(match, StringSplitOptions.RemoveEmptyEntries);
        a.ChargeResult(parts.Length);
        return parts;
    }

    static string Truncate(Arguments a)
    {
        var (text, length) = (a.Text(0) ?? "", a.Integer(1));
        var ellipsis = (a.Has(2) ? a.Text(2) : null) ?? "...";
        if (text.Length <= length || text.Length == 0)
            return text;
        return string.Concat(text.AsSpan(0, Math.Max(0, length - ellipsis.Length)), ellipsis);
    }

    static string Padded(Arguments a)
    {
        if (a.Integer(1) < 0)
            throw a.Fault(1, "must not be negative");
        a.ChargeResult(a.Integer(1));
        return a.Text(0) ?? "";
    }
}
