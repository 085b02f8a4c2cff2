namespace BackupRunner.Templates.Syntax;

/// <summary>Walks the template's text and counts lines as it goes.</summary>
sealed class Cursor(string text)
{
    int line = 1;
    int column = 1;

    public string Text => text;

    public int Offset { get; private set; }

    public bool AtEnd => Offset >= text.Length;

    public Position At => new(line, column);

    /// <summary>NUL beyond the end; templates hold none.</summary>
    public char Current => Peek(0);

    public char Peek(int ahead) => Offset + ahead < text.Length ? text[Offset + ahead] : '\0';

    public bool StartsWith(string what) => string.CompareOrdinal(text, Offset, what, 0, what.Length) == 0;

    public void Advance(int count = 1)
    {
        for (; count > 0 && !AtEnd; count--)
        {
            if (EndsLine(text, Offset))
                (line, column) = (line + 1, 1);
            else
                column++;
            Offset++;
        }
    }

    /// <summary>A line ends with a line feed, or with a carriage return that has none behind it.</summary>
    public static bool EndsLine(ReadOnlySpan<char> text, int offset) =>
        text[offset] == '\n' || (text[offset] == '\r' && (offset + 1 == text.Length || text[offset + 1] != '\n'));
}
