using BackupRunner.Templates.Functions;
using BackupRunner.Templates.Rendering;

namespace BackupRunner.Templates.Syntax;

/// <summary>Literals, paths, lists, parentheses, and calls written with them.</summary>
/// <param name="expression">The rule for what stands in brackets.</param>
sealed class OperandParser(TokenStream tokens, Func<Expression> expression)
{
    /// <summary>Whether an argument begins here; a sign behind an operand is an operator.</summary>
    public bool BeginsArgument() => tokens.Current.Kind switch
    {
        TokenKind.Literal => true,
        TokenKind.Name => tokens.Current.Text != "in",
        TokenKind.Symbol => tokens.Current.Text is "(" or "[" or "!" or ".",
        _ => false,
    };

    public Expression Next()
    {
        var operand = First();
        while (true)
        {
            var token = tokens.Current;
            if (token.Is("?.") || (token.Is(".") && (!token.SpaceBefore || token.SpaceAfter)))
                operand = Member(operand);
            else if (token.Is("[") && !token.SpaceBefore)
                operand = Item(operand);
            else if (token.Is("(") && !token.SpaceBefore)
                operand = Call(operand);
            else
                return operand;
        }
    }

    Expression First()
    {
        var token = tokens.Current;
        if (token.Kind == TokenKind.Literal)
            return new Literal(tokens.Take().At, token.Value);
        if (token.Kind == TokenKind.Name)
            return Name();
        if (token.Is("("))
            return Group();
        if (token.Is("["))
            return List();
        return token.Is(".") ? LeadingDot() : throw Refusals.Unexpected(token, "an expression");
    }

    Expression Name()
    {
        var token = tokens.Current;
        if (token.Text == "for" && tokens.Following.Is("."))
            return LoopMember();
        if (Refusals.Name(token) is { } refusal)
            throw refusal;
        tokens.Take();
        if (FunctionTable.Find(token.Text) is { } function)
            return new PendingCall(token.At, 1, function, [], [], IsClosed: false);
        if (!FunctionTable.IsNamespace(token.Text) && !Refusals.IsOtherNamespace(token.Text))
            return new Variable(token.At, token.Text);
        if (!tokens.TakeIf(".") || tokens.Current.Kind != TokenKind.Name)
            throw Refusals.Unexpected(tokens.Current, $"a function of \"{token.Text}\"");
        var name = $"{token.Text}.{tokens.Take().Text}";
        return FunctionTable.Find(name) is { } member ? new PendingCall(token.At, 1, member, [], [], IsClosed: false) : throw UnknownFunction(token.At, name);
    }

    LoopMember LoopMember()
    {
        var at = tokens.Take().At;
        tokens.Take();
        var name = tokens.Take();
        if (!Loop.Members.Contains(name.Text))
            throw name.At.Throw($"for.{name.Text}", $"unknown member \"for.{name.Text}\"{Nearest.Hint(name.Text, Loop.Members)}");
        return tokens.OpenLoops.Count > 0 ? new LoopMember(at, name.Text) : throw at.Throw($"for.{name.Text}", $"\"for.{name.Text}\" outside of a \"for\"");
    }

    /// <summary>Helm's way to write a path from the root.</summary>
    Variable LeadingDot()
    {
        var dot = tokens.Take();
        if (tokens.Current.Kind != TokenKind.Name || dot.SpaceAfter)
            throw dot.At.Throw(".", "the dot alone is not supported; name what is meant");
        var name = tokens.Take();
        return Scope.Roots.Contains(name.Text)
            ? new Variable(dot.At, name.Text)
            : throw dot.At.Throw("." + name.Text, $"unknown variable \".{name.Text}\"{Nearest.Hint(name.Text, Scope.Roots)}");
    }

    Group Group()
    {
        var at = tokens.Take().At;
        var inner = expression();
        tokens.Expect(")", "behind the expression");
        return new Group(at, CallBuilder.Deeper(at, inner), inner);
    }

    ListLiteral List()
    {
        var at = tokens.Take().At;
        List<Expression> items = [];
        for (tokens.SkipNewLines(); !tokens.Current.Is("]"); tokens.SkipNewLines())
        {
            items.Add(expression());
            tokens.SkipNewLines();
            if (!tokens.TakeIf(","))
                break;
        }
        tokens.Expect("]", "behind the items");
        return new ListLiteral(at, CallBuilder.Deeper(at, items), items);
    }

    Member Member(Expression target)
    {
        target = Complete(target);
        var optional = tokens.Take().Text == "?.";
        var name = tokens.Current;
        if (name.Kind != TokenKind.Name)
            throw Refusals.Unexpected(name, "a member's name");
        tokens.Take();
        if (name.Text is "empty" or "blank" && tokens.Current.Is("?"))
            throw name.At.Throw($".{name.Text}?", $"the property \".{name.Text}?\" is not supported; use \"array.size\" or \"string.empty\"");
        // Once optional, the rest of a path is, as in Scriban.
        optional |= target is Member { Optional: true };
        var member = new Member(target.At, CallBuilder.Deeper(name.At, target), target, name.Text, name.At, Tested: false, optional);
        return optional ? (Member)Absence.Allowed(member) : member;
    }

    Indexer Item(Expression target)
    {
        target = Complete(target);
        tokens.Take();
        var key = expression();
        tokens.Expect("]", "behind the index");
        return new Indexer(target.At, CallBuilder.Deeper(key.At, target, key), target, key, Tested: false);
    }

    /// <summary><c>f(a, b)</c>, without a space before the parenthesis.</summary>
    PendingCall Call(Expression callee)
    {
        if (callee is not PendingCall { IsClosed: false } call)
            throw callee is Variable variable ? UnknownFunction(variable.At, variable.Name) : Refusals.Unexpected(tokens.Current, "an operator");
        tokens.Take();
        List<Expression> positional = [];
        List<NamedArgument> named = [];
        while (!tokens.Current.Is(")"))
        {
            if (NamedArgument(expression) is { } argument)
                named.Add(argument);
            else if (named.Count > 0)
                throw PositionalBehindNamed(tokens.Current);
            else
                positional.Add(expression());
            if (!tokens.TakeIf(","))
                break;
        }
        tokens.Expect(")", "behind the arguments");
        return call with { Positional = positional, Named = named, IsClosed = true };
    }

    /// <returns>Null where none begins.</returns>
    public NamedArgument? NamedArgument(Func<Expression> value)
    {
        var name = tokens.Current;
        if (name.Kind != TokenKind.Name || !tokens.Following.Is(":"))
            return null;
        tokens.Take();
        tokens.Take();
        return new NamedArgument(name.At, name.Text, value());
    }

    public static TemplateException PositionalBehindNamed(Token token) =>
        token.At.Throw(token.Text, "behind a named argument all arguments are named");

    static Expression Complete(Expression target) => target is PendingCall call ? CallBuilder.Build(call, piped: null) : target;

    public static TemplateException UnknownFunction(Position at, string name) =>
        at.Throw(name, $"unknown function \"{name}\"{Nearest.Hint(name, FunctionTable.Names)}");
}
