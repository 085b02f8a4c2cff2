namespace BackupRunner.Templates.Syntax;

enum TokenKind
{
    /// <summary>Text outside the code blocks, with its white space already controlled.</summary>
    Text,
    Name,

    /// <summary>A string, a number, or true, false, null; the value is in <see cref="Token.Value"/>.</summary>
    Literal,
    Symbol,

    /// <summary>A character that means nothing; reported already, it still ends what it stands in.</summary>
    Invalid,
    NewLine,
    Semicolon,

    /// <summary>The closing braces of a code block.</summary>
    BlockEnd,
    End,
}

/// <param name="Text">As it stands in the template; empty for text tokens, whose text is the value.</param>
/// <param name="SpaceBefore">White space tells <c>f [1]</c> from <c>f[1]</c>, and <c>f .Values.x</c> from <c>f.Values.x</c>.</param>
/// <param name="SpaceAfter">See <paramref name="SpaceBefore"/>.</param>
readonly record struct Token(TokenKind Kind, string Text, object? Value, Position At, bool SpaceBefore, bool SpaceAfter)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && Text == symbol;

    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    public bool EndsStatement => Kind is TokenKind.NewLine or TokenKind.Semicolon or TokenKind.BlockEnd or TokenKind.End;

    /// <summary>For messages: what was found instead.</summary>
    public string Shown => Kind switch
    {
        TokenKind.NewLine => "the end of the line",
        TokenKind.BlockEnd => "\"}}\"",
        TokenKind.End or TokenKind.Text => "the end of the template",
        TokenKind.Literal when Value is string => Text,
        _ => $"\"{Text}\"",
    };
}
