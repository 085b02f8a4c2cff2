using System.Globalization;
using System.Text;

namespace BackupRunner.Policy.Reading;

/// <summary>A value as messages show it: in quotes, on one line, of bounded length.</summary>
public static class Quoted
{
    const int Longest = 60;

    /// <summary>A key as a part of a path: as it is when it reads well there, else in quotes.</summary>
    public static string Key(string key) =>
        key.Length <= Longest && key.All(c => char.IsAsciiLetterOrDigit(c) || c is ('-' or '_' or '/')) ? key : Of(key);

    /// <summary>Neither acts on a terminal nor hides there.</summary>
    public static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse);

    public static string Of(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.AsSpan(0, Math.Min(text.Length, Longest)).EnumerateRunes())
        {
            if (rune.Value is '"' or '\\')
                quoted.Append('\\').Append(rune);
            else if (rune.Value == '\n')
                quoted.Append("\\n");
            else if (!IsVisible(rune))
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            else
                quoted.Append(rune);
        }
        return quoted.Append(text.Length > Longest ? "...\"" : "\"").ToString();
    }
}
