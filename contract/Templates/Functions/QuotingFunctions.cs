using System.Globalization;
using System.Text;

namespace BackupRunner.Templates.Functions;

/// <summary>Our <c>shell_quote</c>, and Helm's <c>quote</c> and <c>squote</c>.</summary>
static class QuotingFunctions
{
    public static IReadOnlyList<TemplateFunction> All { get; } =
    [
        TemplateFunction.Of("shell_quote", "text", ShellQuote),
        TemplateFunction.Of("quote", "text", Quote),
        TemplateFunction.Of("squote", "text", SingleQuote),
    ];

    /// <summary>One word of a POSIX shell (XCU 2.2.2): single quotes around the text, each single quote in it as <c>'\''</c>.</summary>
    static string ShellQuote(Arguments a)
    {
        var text = Scalar(a) ?? "";
        if (text.Contains('\0'))
            throw a.Fault(0, "holds a NUL character, which no shell word can");
        a.ChargeResult(text.Length + (3L * text.AsSpan().Count('\'')) + 2);
        return "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
    }

    /// <summary>Helm's <c>squote</c> escapes nothing; text that would end its own quotes is refused instead.</summary>
    static string SingleQuote(Arguments a)
    {
        var text = Scalar(a);
        if (text is null)
            return "";
        if (text.Contains('\''))
            throw a.Fault(0, "holds a single quote, which \"squote\" does not escape; use \"shell_quote\"");
        a.ChargeResult(text.Length + 2);
        return "'" + text + "'";
    }

    /// <summary>Helm's <c>quote</c>: Go's <c>strconv.Quote</c>; null stays nothing.</summary>
    static string Quote(Arguments a)
    {
        var text = Scalar(a);
        if (text is null)
            return "";
        a.ChargeResult((10L * text.Length) + 2);
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
            Append(quoted, rune);
        return quoted.Append('"').ToString();
    }

    static void Append(StringBuilder quoted, Rune rune)
    {
        var escape = rune.Value switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\a' => "\\a",
            '\b' => "\\b",
            '\f' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\v' => "\\v",
            _ when IsPrinted(rune) => null,
            < 0x80 => string.Create(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
            < 0x10000 => string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
        };
        if (escape is null)
            quoted.Append(rune);
        else
            quoted.Append(escape);
    }

    /// <summary>Go's <c>unicode.IsPrint</c>: letters, marks, numbers, punctuation, symbols and the ASCII space.</summary>
    static bool IsPrinted(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    static string? Scalar(Arguments a) => a[0] is null or string or long or double or bool
        ? a.Text(0)
        : throw a.Fault(0, "wants one text or number; join a list first or quote its items in a loop");
}
