namespace BackupRunner.Templates.Syntax;

/// <summary>
/// Cuts a template into text and the tokens of its code blocks, and controls white space as Scriban's language reference (1.4) says:
/// <c>-</c> removes all of it on its side; <c>{{~</c> back to the line's beginning; <c>~}}</c> on to the next line's beginning.
/// </summary>
sealed class Lexer
{
    readonly Cursor cursor;
    readonly CodeLexer code;
    readonly List<Token> tokens = [];
    char trimNext;

    Lexer(string text, FaultList faults)
    {
        cursor = new Cursor(text);
        code = new CodeLexer(cursor, tokens, faults);
    }

    public static IReadOnlyList<Token> Tokens(string text, FaultList faults)
    {
        var lexer = new Lexer(text, faults);
        while (!lexer.cursor.AtEnd)
            lexer.NextBlock();
        lexer.tokens.Add(new Token(TokenKind.End, "", null, lexer.cursor.At, false, false));
        return lexer.tokens;
    }

    void NextBlock()
    {
        var at = cursor.At;
        var start = cursor.Offset;
        var percents = 0;
        while (!cursor.AtEnd && !EntersBlock(out percents))
            cursor.Advance();
        var text = cursor.Text.AsSpan(start, cursor.Offset - start);
        if (cursor.AtEnd)
        {
            AddText(at, text, '\0');
            return;
        }
        var trim = cursor.Peek(percents + 2);
        AddText(at, text, trim);
        var enteredAt = cursor.At;
        cursor.Advance(percents + 2 + (trim is '-' or '~' ? 1 : 0));
        trimNext = percents == 0 ? code.Block(enteredAt) : EscapeBlock(percents, enteredAt);
    }

    /// <summary>Two braces enter a code block; with percent signs between them, an escape block of as many.</summary>
    bool EntersBlock(out int percents)
    {
        percents = 0;
        if (cursor.Current != '{')
            return false;
        while (cursor.Peek(percents + 1) == '%')
            percents++;
        return cursor.Peek(percents + 1) == '{';
    }

    /// <returns>The white space control of its end.</returns>
    char EscapeBlock(int percents, Position enteredAt)
    {
        var exit = "}" + new string('%', percents) + "}";
        var at = cursor.At;
        var end = cursor.Text.IndexOf(exit, cursor.Offset, StringComparison.Ordinal);
        if (end < 0)
        {
            code.Faults.Add(enteredAt.Fault(exit, $"the escape block has no closing \"{exit}\""));
            cursor.Advance(cursor.Text.Length);
            return '\0';
        }
        var trim = end > cursor.Offset && cursor.Text[end - 1] is '-' or '~' ? cursor.Text[end - 1] : '\0';
        var length = end - cursor.Offset - (trim == '\0' ? 0 : 1);
        AddToken(at, cursor.Text.Substring(cursor.Offset, length));
        cursor.Advance(end + exit.Length - cursor.Offset);
        return trim;
    }

    void AddText(Position at, ReadOnlySpan<char> text, char trimEnd)
    {
        var start = trimNext switch
        {
            '-' => text.Length - text.TrimStart().Length,
            '~' => StartOfNextLine(text),
            _ => 0,
        };
        trimNext = '\0';
        text = text[start..];
        text = trimEnd switch
        {
            '-' => text.TrimEnd(),
            '~' => text[..EndOfLine(text)],
            _ => text,
        };
        AddToken(at, text.ToString());
    }

    void AddToken(Position at, string text)
    {
        if (text.Length > 0)
            tokens.Add(new Token(TokenKind.Text, "", text, at, false, false));
    }

    static int StartOfNextLine(ReadOnlySpan<char> text)
    {
        var end = 0;
        while (end < text.Length && char.IsWhiteSpace(text[end]))
        {
            if (text[end++] == '\n')
                break;
        }
        return end;
    }

    static int EndOfLine(ReadOnlySpan<char> text)
    {
        var end = text.Length;
        while (end > 0 && char.IsWhiteSpace(text[end - 1]) && !Cursor.EndsLine(text, end - 1))
            end--;
        return end;
    }
}
