using System.Buffers;
using System.Text;

namespace BackupRunner.Posix;

/// <summary>
/// File names are bytes. Shown as text they keep what is printable UTF-8; every other byte is <c>\xNN</c> in lower-case hex and a
/// backslash is doubled, so that two names never look the same and a name cannot break a line or colour a terminal.
/// </summary>
public static class ByteName
{
    public static string Show(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder(name.Length);
        while (!name.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(name, out var rune, out var length);
            if (status != OperationStatus.Done || !Printable(rune))
            {
                foreach (var b in name[..length])
                    text.Append("\\x").Append(Convert.ToHexStringLower([b]));
            }
            else if (rune.Value == '\\')
            {
                text.Append("\\\\");
            }
            else
            {
                text.Append(rune);
            }
            name = name[length..];
        }
        return text.ToString();
    }

    // U+200B..U+200F, U+202A..U+202E and their like (category Format) reorder or hide what a reader sees.
    static bool Printable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        System.Globalization.UnicodeCategory.Control
        or System.Globalization.UnicodeCategory.Format
        or System.Globalization.UnicodeCategory.LineSeparator
        or System.Globalization.UnicodeCategory.ParagraphSeparator
        or System.Globalization.UnicodeCategory.OtherNotAssigned
        or System.Globalization.UnicodeCategory.PrivateUse);
}
