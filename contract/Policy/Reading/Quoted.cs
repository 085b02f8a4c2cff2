using System.Globalization;
using System.Text;

namespace BackupRunner.Policy.Reading;

/// <summary>A value as messages show it: in quotes, on one line, of bounded length.</summary>
static class Quoted
{
    const int Longest = 60;

    /// <summary>A key as a part of a path: as it is when it reads well there, else in quotes.</summary>
    public static string Key(string key) =>
        key.Length <= Longest && key.All(c => char.IsAsciiLetterOrDigit(c) || c is ('-' or '_' or '/')) ? key : Of(key);

    public static string Of(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.AsSpan(0, Math.Min(text.Length, Longest)).EnumerateRunes())
        {
            if (rune.Value is '"' or '\\')
                quoted.Append('\\').Append(rune);
            else if (rune.Value == '\n')
                quoted.Append("\\n");
            else if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse)
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            else
                quoted.Append(rune);
        }
        return quoted.Append(text.Length > Longest ? "...\"" : "\"").ToString();
    }
}
