namespace BackupRunner.Templates.Syntax;

/// <summary>
/// Expressions, as Scriban parses them (8): a pipe binds loosest and brings its value to the function at the left end of what follows; an
/// argument may hold operators, so that <c>f a + b c</c> is <c>f (a + b) c</c>; the right side of an operator may be a call.
/// </summary>
sealed class ExpressionParser
{
    static readonly Dictionary<string, int> Precedence = new()
    {
        ["??"] = 20,
        ["||"] = 30,
        ["&&"] = 40,
        ["=="] = 70,
        ["!="] = 70,
        ["<"] = 80,
        ["<="] = 80,
        [">"] = 80,
        [">="] = 80,
        ["+"] = 100,
        ["-"] = 100,
        ["*"] = 110,
        ["/"] = 110,
        ["//"] = 110,
        ["%"] = 110,
    };

    const int UnaryPrecedence = 200;

    readonly TokenStream tokens;
    readonly OperandParser operands;

    public ExpressionParser(TokenStream tokens)
    {
        this.tokens = tokens;
        operands = new OperandParser(tokens, Expression);
    }

    public Expression Expression() => tokens.NestedRule(() =>
    {
        var value = Operators(0, inArguments: false);
        while (tokens.Current.Is("|"))
        {
            var pipe = tokens.Take();
            tokens.SkipNewLines();
            value = Piped(Operators(0, inArguments: false), Complete(value), pipe.At);
        }
        return Complete(value);
    });

    /// <summary>Operands joined by operators that bind tighter than <paramref name="minimum"/>; a function before operands is a call.</summary>
    Expression Operators(int minimum, bool inArguments) => tokens.NestedRule(() =>
    {
        var first = OperatorsBehind(Operand(), minimum, inArguments);
        return inArguments || !operands.BeginsArgument() ? first : Call(Callee(first), minimum);
    });

    Expression OperatorsBehind(Expression left, int minimum, bool inArguments)
    {
        while (tokens.Current.Kind == TokenKind.Symbol && Precedence.TryGetValue(tokens.Current.Text, out var precedence) && precedence > minimum)
        {
            var symbol = tokens.Take();
            var right = Complete(Operators(precedence, inArguments));
            left = Absence.InOperands(new Binary(left.At, CallBuilder.Deeper(symbol.At, left, right), symbol.Text, symbol.At, left, right));
        }
        return left;
    }

    Expression Operand()
    {
        var token = tokens.Current;
        if (!token.Is("!") && !token.Is("-") && !token.Is("+"))
            return operands.Next();
        tokens.Take();
        var operand = Complete(Operators(UnaryPrecedence, inArguments: false));
        return Absence.InOperands(new Unary(token.At, CallBuilder.Deeper(token.At, operand), token.Text, operand));
    }

    PendingCall Call(PendingCall call, int minimum)
    {
        List<Expression> positional = [];
        List<NamedArgument> named = [];
        while (operands.BeginsArgument())
        {
            if (operands.NamedArgument(() => Complete(Operand())) is { } argument)
                named.Add(argument);
            else if (named.Count > 0)
                throw OperandParser.PositionalBehindNamed(tokens.Current);
            else
                positional.Add(Complete(OperatorsBehind(Operand(), minimum, inArguments: true)));
        }
        return call with { Positional = positional, Named = named, IsClosed = true };
    }

    PendingCall Callee(Expression first) => first switch
    {
        PendingCall { IsClosed: false } call => call,
        Variable variable => throw OperandParser.UnknownFunction(variable.At, variable.Name),
        _ => throw Refusals.Unexpected(tokens.Current, "an operator or the end of the statement"),
    };

    static Expression Piped(Expression target, Expression value, Position pipeAt) => target switch
    {
        PendingCall call => CallBuilder.Build(call, value),
        Binary binary => Rebuilt(binary, Piped(binary.Left, value, pipeAt)),
        Variable variable => throw OperandParser.UnknownFunction(variable.At, variable.Name),
        _ => throw pipeAt.Throw("|", "behind \"|\" stands a function"),
    };

    /// <summary>What no pipe reaches any more has its arguments.</summary>
    static Expression Complete(Expression expression) => expression switch
    {
        PendingCall call => CallBuilder.Build(call, piped: null),
        Binary { Left: PendingCall or Binary } binary => Rebuilt(binary, Complete(binary.Left)),
        _ => expression,
    };

    static Binary Rebuilt(Binary binary, Expression left) => ReferenceEquals(left, binary.Left) ? binary
        : Absence.InOperands(binary with { Left = left, Depth = CallBuilder.Deeper(binary.OperatorAt, left, binary.Right) });
}
