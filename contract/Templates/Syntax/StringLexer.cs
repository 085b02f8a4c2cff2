using System.Globalization;
using System.Text;

namespace BackupRunner.Templates.Syntax;

/// <summary>Strings, as Scriban's language reference (3.1): <c>"..."</c> and <c>'...'</c> with escapes, <c>`...`</c> without.</summary>
static class StringLexer
{
    /// <summary>Reads the string at the cursor without moving it; a fault yields what could be read.</summary>
    public static (int Length, object? Value) Read(Cursor cursor, FaultList faults)
    {
        var quote = cursor.Current;
        var value = new StringBuilder();
        for (var i = 1; cursor.Offset + i < cursor.Text.Length; i++)
        {
            var c = cursor.Peek(i);
            if (c == quote && (quote != '`' || cursor.Peek(i + 1) != '`'))
                return (i + 1, value.ToString());
            if (c == quote)
                i++;
            if (c != '\\' || quote == '`')
            {
                value.Append(c);
                continue;
            }
            i++;
            var digits = cursor.Peek(i) switch { 'u' => 4, 'x' => 2, _ => 0 };
            if (Escaped(cursor, i, digits) is { } escaped)
            {
                value.Append(escaped);
                i += digits;
            }
            else
            {
                faults.Add(cursor.At.Fault("\\" + cursor.Peek(i), $"unknown escape \"\\{cursor.Peek(i)}\" in a string"));
            }
        }
        faults.Add(cursor.At.Fault(quote.ToString(), $"the string has no closing {quote}"));
        return (cursor.Text.Length - cursor.Offset, value.ToString());
    }

    static char? Escaped(Cursor cursor, int i, int digits)
    {
        if (digits > 0)
        {
            var hex = cursor.Text.AsSpan(Math.Min(cursor.Offset + i + 1, cursor.Text.Length));
            return hex.Length >= digits
                && ushort.TryParse(hex[..digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                ? (char)code
                : null;
        }
        return cursor.Peek(i) switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\b',
            'f' => '\f',
            '\\' => '\\',
            '\'' => '\'',
            '"' => '"',
            _ => null,
        };
    }
}
