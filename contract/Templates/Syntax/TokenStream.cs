namespace BackupRunner.Templates.Syntax;

/// <summary>The tokens still to be parsed, and how deep the parser is in them.</summary>
sealed class TokenStream(IReadOnlyList<Token> tokens)
{
    int index;
    int halfLevels;

    /// <summary>The variables of the loops around the current token, the innermost on top.</summary>
    public Stack<string> OpenLoops { get; } = [];

    /// <summary>Nested too deeply to be read to its end.</summary>
    public bool IsLost { get; private set; }

    public Token Current => tokens[index];

    public Token Following => tokens[Math.Min(index + 1, tokens.Count - 1)];

    public Token Take() => index + 1 < tokens.Count ? tokens[index++] : tokens[index];

    public bool TakeIf(string symbol)
    {
        if (!Current.Is(symbol))
            return false;
        Take();
        return true;
    }

    public void Expect(string symbol, string purpose)
    {
        if (!TakeIf(symbol))
            throw Current.At.Throw(Current.Text, $"expected \"{symbol}\" {purpose} instead of {Current.Shown}");
    }

    /// <summary>Inside a list and behind a pipe a line may end.</summary>
    public void SkipNewLines()
    {
        while (Current.Kind == TokenKind.NewLine)
            Take();
    }

    public void SkipStatement()
    {
        while (!Current.EndsStatement)
            Take();
    }

    /// <summary>Runs a rule of an expression, of which two make a level.</summary>
    public T NestedRule<T>(Func<T> rule) => Nested(rule, 1);

    public T NestedBlock<T>(Func<T> rule) => Nested(rule, 2);

    T Nested<T>(Func<T> rule, int halves)
    {
        if (halfLevels + halves > 2 * TemplateLimits.Depth)
        {
            IsLost = true;
            throw TooDeep(Current.At);
        }
        halfLevels += halves;
        try
        {
            return rule();
        }
        finally
        {
            halfLevels -= halves;
        }
    }

    public static TemplateException TooDeep(Position at) =>
        at.Throw("template", $"the template is nested deeper than {TemplateLimits.Depth} levels");
}
