using System.Globalization;

namespace BackupRunner.Templates.Syntax;

/// <summary>The tokens of one code block, from behind its opening braces to its closing ones.</summary>
sealed class CodeLexer(Cursor cursor, List<Token> tokens, FaultList faults)
{
    // Longest first. Those outside the subset are here so that the parser can refuse them by name.
    static readonly string[] Symbols =
    [
        "...", "..<", "//=", "&&", "||", "??", "?!", "?.", "==", "!=", "<=", ">=", "<<", ">>", "|>", "//", "++", "--", "+=", "-=", "*=",
        "/=", "%=", "/*", ":=", "..", "^^", "+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ",", ":", ".", "|", "!", "=", "<", ">", "?",
        "@", "^", "&",
    ];

    int openBraces;

    public FaultList Faults => faults;

    /// <returns>The white space control of its end.</returns>
    public char Block(Position enteredAt)
    {
        openBraces = 0;
        while (!cursor.AtEnd)
        {
            if (openBraces == 0 && ExitTrim() is { } trim)
            {
                Add(TokenKind.BlockEnd, (trim == '\0' ? 0 : 1) + 2);
                return trim;
            }
            Next();
        }
        faults.Add(enteredAt.Fault("{{", "the code block has no closing \"}}\""));
        return '\0';
    }

    /// <returns>The white space control if the block ends here, else null.</returns>
    char? ExitTrim()
    {
        var trim = cursor.Current is '-' or '~' ? 1 : 0;
        return cursor.Peek(trim) == '}' && cursor.Peek(trim + 1) == '}' ? (trim == 1 ? cursor.Current : '\0') : null;
    }

    void Next()
    {
        var c = cursor.Current;
        if (Cursor.EndsLine(cursor.Text, cursor.Offset))
            Add(TokenKind.NewLine, 1);
        else if (char.IsWhiteSpace(c))
            cursor.Advance();
        else if (c == ';')
            Add(TokenKind.Semicolon, 1);
        else if (c == '#')
            SkipComment();
        else if (c is '"' or '\'' or '`')
            AddLiteral(StringLexer.Read(cursor, faults));
        else if (char.IsAsciiDigit(c))
            AddLiteral(NumberLexer.Read(cursor, faults));
        else if (char.IsAsciiLetter(c) || c is '_' or '$')
            AddName();
        else
            AddSymbol();
    }

    /// <summary>To the end of the line or, begun with two signs, to the next two; both end with the block at the latest.</summary>
    void SkipComment()
    {
        var many = cursor.Peek(1) == '#';
        cursor.Advance(many ? 2 : 1);
        while (!cursor.AtEnd && ExitTrim() is null)
        {
            if (many && cursor.StartsWith("##"))
            {
                cursor.Advance(2);
                return;
            }
            if (!many && cursor.Current is '\r' or '\n')
                return;
            cursor.Advance();
        }
    }

    void AddName()
    {
        var length = 1;
        while (char.IsAsciiLetterOrDigit(cursor.Peek(length)) || cursor.Peek(length) == '_' || (length == 1 && cursor.Peek(1) == '$'))
            length++;
        switch (cursor.Text.AsSpan(cursor.Offset, length))
        {
            case "true":
                Add(TokenKind.Literal, length, true);
                break;
            case "false":
                Add(TokenKind.Literal, length, false);
                break;
            case "null":
                Add(TokenKind.Literal, length);
                break;
            default:
                Add(TokenKind.Name, length);
                break;
        }
    }

    void AddSymbol()
    {
        foreach (var symbol in Symbols)
        {
            if (!cursor.StartsWith(symbol))
                continue;
            // Braces of an object are counted, so that it does not end the block before it is refused by name.
            openBraces += symbol == "{" ? 1 : symbol == "}" && openBraces > 0 ? -1 : 0;
            Add(TokenKind.Symbol, symbol.Length);
            return;
        }
        var width = char.IsSurrogatePair(cursor.Current, cursor.Peek(1)) ? 2 : 1;
        var found = char.IsControl(cursor.Current) || (width == 1 && char.IsSurrogate(cursor.Current))
            ? string.Create(CultureInfo.InvariantCulture, $"U+{(int)cursor.Current:X4}")
            : cursor.Text.Substring(cursor.Offset, width);
        faults.Add(cursor.At.Fault(found, $"unexpected character \"{found}\""));
        Add(TokenKind.Invalid, width, found);
    }

    void AddLiteral((int Length, object? Value) literal) => Add(TokenKind.Literal, literal.Length, literal.Value);

    void Add(TokenKind kind, int length, object? value = null)
    {
        var spaceBefore = cursor.Offset > 0 && char.IsWhiteSpace(cursor.Text[cursor.Offset - 1]);
        var at = cursor.At;
        var text = cursor.Text.Substring(cursor.Offset, length);
        cursor.Advance(length);
        tokens.Add(new Token(kind, text, value, at, spaceBefore, cursor.AtEnd || char.IsWhiteSpace(cursor.Current)));
    }
}
