using System.Globalization;
using System.Text;

namespace BackupRunner.Names;

/// <summary>
/// One segment of a stored path. Letters, digits, <c>-</c> and <c>.</c> stand for themselves, which is all that a Kubernetes name
/// can hold; every other byte of the UTF-8 text is <c>_</c> and two lower-case hex digits. A segment never is empty, <c>.</c> or <c>..</c>
/// and never begins with a dot (the file store keeps its partial uploads behind one).
/// </summary>
public static class PathSegment
{
    public static string Escape(string text, char? alsoEscape = null)
    {
        if (text.Length == 0)
            return "_";
        var escaped = new StringBuilder(text.Length);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            var c = (char)b;
            var plain = char.IsAsciiLetterOrDigit(c) || c == '-' || (c == '.' && escaped.Length > 0);
            if (plain && c != alsoEscape)
                escaped.Append(c);
            else
                escaped.Append('_').Append(b.ToString("x2", CultureInfo.InvariantCulture));
        }
        return escaped.ToString();
    }

    /// <returns>Null when <paramref name="segment"/> is nothing that <see cref="Escape"/> writes.</returns>
    public static string? Unescape(string segment)
    {
        if (segment == "_")
            return "";
        var bytes = new List<byte>(segment.Length);
        for (var i = 0; i < segment.Length; i++)
        {
            if (segment[i] != '_')
            {
                if (!char.IsAscii(segment[i]))
                    return null;
                bytes.Add((byte)segment[i]);
            }
            else if (i + 2 < segment.Length
                && byte.TryParse(segment.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
            {
                bytes.Add(b);
                i += 2;
            }
            else
            {
                return null;
            }
        }
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
