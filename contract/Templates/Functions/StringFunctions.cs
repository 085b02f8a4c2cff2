using System.Globalization;
using System.Text;

namespace BackupRunner.Templates.Functions;

/// <summary>
/// Scriban's <c>string</c> functions that make sense in commands, each as Scriban's "String functions" documents it; comparisons are
/// ordinal, case mapping is invariant.
/// </summary>
static class StringFunctions
{
    public static IReadOnlyList<TemplateFunction> All { get; } =
    [
        TemplateFunction.Of("string.append", "text with", a => Joined(a, a.Text(0), a.Text(1))),
        TemplateFunction.Of("string.prepend", "text by", a => Joined(a, a.Text(1), a.Text(0))),
        TemplateFunction.Of("string.capitalize", "text", a => Capitalize(a.Text(0))),
        TemplateFunction.Of("string.downcase", "text", a => a.Text(0)?.ToLowerInvariant()),
        TemplateFunction.Of("string.upcase", "text", a => a.Text(0)?.ToUpperInvariant()),
        TemplateFunction.Of("string.handleize", "text", a => Handleize(a.Text(0) ?? "")),
        TemplateFunction.Of("string.strip", "text", a => a.Text(0)?.Trim()),
        TemplateFunction.Of("string.lstrip", "text", a => a.Text(0)?.TrimStart()),
        TemplateFunction.Of("string.rstrip", "text", a => a.Text(0)?.TrimEnd()),
        TemplateFunction.Of("string.strip_newlines", "text", a => StripNewLines(a.Text(0) ?? "")),
        TemplateFunction.Of("string.contains", "text value", a => Matches(a, (text, value) => text.Contains(value, StringComparison.Ordinal))),
        TemplateFunction.Of("string.starts_with", "text value", a => Matches(a, (text, value) => text.StartsWith(value, StringComparison.Ordinal))),
        TemplateFunction.Of("string.ends_with", "text value", a => Matches(a, (text, value) => text.EndsWith(value, StringComparison.Ordinal))),
        TemplateFunction.Of("string.equals_ignore_case", "text value", a => string.Equals(a.Text(0), a.Text(1), StringComparison.OrdinalIgnoreCase)),
        TemplateFunction.Of("string.empty", "text", a => string.IsNullOrEmpty(a.Text(0))),
        TemplateFunction.Of("string.whitespace", "text", a => string.IsNullOrWhiteSpace(a.Text(0))),
        TemplateFunction.Of("string.size", "text", a => (long)(a.Text(0)?.Length ?? 0)),
        TemplateFunction.Of("string.to_int", "text", a => int.TryParse(a.Text(0), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? (long)number : null),
        TemplateFunction.Of("string.to_long", "text", a => long.TryParse(a.Text(0), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null),
    ];

    static string Joined(Arguments a, string? first, string? second)
    {
        a.ChargeResult((long)(first?.Length ?? 0) + (second?.Length ?? 0));
        return first + second;
    }

    static string Capitalize(string? text) =>
        string.IsNullOrEmpty(text) ? "" : char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>Letters and digits in lower case; every run of others is one hyphen, except at the end.</summary>
    static string Handleize(string text)
    {
        var handle = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsLetterOrDigit(c))
                handle.Append(char.ToLowerInvariant(c));
            else if (handle.Length == 0 || handle[^1] != '-')
                handle.Append('-');
        }
        return handle.ToString().TrimEnd('-');
    }

    static string StripNewLines(string text) =>
        text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);

    /// <summary>Nothing is found in empty text, and empty text is found nowhere.</summary>
    static bool Matches(Arguments a, Func<string, string, bool> matches)
    {
        var (text, value) = (a.Text(0), a.Text(1));
        if (string.IsNullOrEmpty(text) || string.IsNullOrEmpty(value))
            return false;
        a.ChargeSearch(text, value);
        return matches(text, value);
    }
}
