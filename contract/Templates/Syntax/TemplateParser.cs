namespace BackupRunner.Templates.Syntax;

/// <summary>
/// Statements, as Scriban parses them (9). A fault costs its statement only: the parser goes on behind it, so that all are reported at
/// once; a refused block statement is still read to its <c>end</c>.
/// </summary>
sealed class TemplateParser
{
    enum Block
    {
        Template,
        If,
        For,

        /// <summary>A statement outside the subset; what separates its parts is passed over with it.</summary>
        Refused,
    }

    readonly TokenStream tokens;
    readonly ExpressionParser expressions;
    readonly FaultList faults;

    TemplateParser(IReadOnlyList<Token> tokens, FaultList faults)
    {
        this.tokens = new TokenStream(tokens);
        this.faults = faults;
        expressions = new ExpressionParser(this.tokens);
    }

    public static IReadOnlyList<Statement> Parse(string text, FaultList faults)
    {
        try
        {
            return new TemplateParser(Lexer.Tokens(text, faults), faults).Body(Block.Template, default);
        }
        catch (TemplateException fault)
        {
            // Only when it is nested too deeply: see TokenStream.IsLost.
            faults.Add(fault.Faults[0]);
            return [];
        }
    }

    /// <summary>Up to, and without, the <c>end</c> or <c>else</c> that ends the block.</summary>
    List<Statement> Body(Block block, Token opener)
    {
        List<Statement> body = [];
        while (!faults.IsFull)
        {
            var token = tokens.Current;
            if (token.Kind == TokenKind.End)
            {
                if (block != Block.Template)
                    faults.Add(opener.At.Fault(opener.Text, $"\"{opener.Text}\" has no \"end\""));
                return body;
            }
            if (block != Block.Template && token.IsName("end"))
                return body;
            if (block == Block.If && token.IsName("else"))
                return body;
            if (token.Kind == TokenKind.Text)
                body.Add(new TextStatement(token.At, (string)tokens.Take().Value!));
            else if (token.EndsStatement)
                tokens.Take();
            else if (block == Block.Refused && token.Text is "else" or "when")
                tokens.SkipStatement();
            else
                Recovering(() => Statement(body));
        }
        return body;
    }

    void Statement(List<Statement> body)
    {
        var token = tokens.Current;
        // A dot without a space makes "for.index", one behind a space begins a path.
        if (token.Kind == TokenKind.Name && !(tokens.Following.Is(".") && !tokens.Following.SpaceBefore))
        {
            switch (token.Text)
            {
                case "if":
                    body.Add(tokens.NestedBlock(If));
                    return;
                case "for":
                    body.Add(tokens.NestedBlock(For));
                    return;
                case "else" or "end":
                    tokens.Take();
                    throw token.At.Throw(token.Text, $"\"{token.Text}\" without an \"if\"{(token.Text == "end" ? " or a \"for\"" : "")}");
            }
            if (Refusals.IsStatement(token.Text) && !tokens.Following.Is("="))
            {
                Refuse(token);
                return;
            }
        }
        if (token.Kind == TokenKind.Name && tokens.Following.Is("="))
            body.Add(Assignment());
        else
            body.Add(new OutputStatement(token.At, expressions.Expression()));
        ExpectEnd();
    }

    IfStatement If()
    {
        var opener = tokens.Take();
        List<IfArm> arms = [];
        var condition = Header(Condition);
        while (true)
        {
            arms.Add(new IfArm(condition, Body(Block.If, opener)));
            if (!tokens.Current.IsName("else"))
                break;
            var otherwise = tokens.Take();
            if (tokens.Current.IsName("if"))
            {
                tokens.Take();
                condition = Header(Condition);
                continue;
            }
            Recovering(ExpectEnd);
            arms.Add(new IfArm(null, Body(Block.If, opener)));
            PassElses(opener);
            break;
        }
        TakeEnd();
        return new IfStatement(opener.At, arms);
    }

    /// <summary>Only its truth is asked.</summary>
    Expression Condition() => Absence.Allowed(expressions.Expression());

    void PassElses(Token opener)
    {
        while (tokens.Current.IsName("else"))
        {
            faults.Add(tokens.Current.At.Fault("else", "\"else\" behind the final \"else\""));
            tokens.SkipStatement();
            Body(Block.If, opener);
        }
    }

    ForStatement For()
    {
        var opener = tokens.Take();
        var variable = "";
        var list = Header(() =>
        {
            variable = NewName(tokens.Current, "a loop");
            tokens.Take();
            if (!tokens.Current.IsName("in"))
                throw Refusals.Unexpected(tokens.Current, "\"in\"");
            tokens.Take();
            return expressions.Expression();
        });
        tokens.OpenLoops.Push(variable);
        var body = Body(Block.For, opener);
        tokens.OpenLoops.Pop();
        TakeEnd();
        return new ForStatement(opener.At, variable, list ?? new Literal(opener.At, null), body);
    }

    AssignStatement Assignment()
    {
        var token = tokens.Current;
        var name = NewName(token, "an assignment");
        if (tokens.OpenLoops.Contains(name))
            throw Refusals.NewMeaning(token, "an assignment");
        tokens.Take();
        tokens.Take();
        return new AssignStatement(token.At, name, expressions.Expression());
    }

    static string NewName(Token token, string what)
    {
        if (token.Kind != TokenKind.Name || token.Text[0] == '$')
            throw Refusals.Unexpected(token, "a variable's name");
        return Refusals.CannotBeAssigned(token.Text) ? throw Refusals.NewMeaning(token, what) : token.Text;
    }

    void Refuse(Token token)
    {
        faults.Add(Refusals.Statement(token).Faults[0]);
        tokens.SkipStatement();
        if (!Refusals.HasBody(token.Text))
            return;
        tokens.NestedBlock(() => Body(Block.Refused, token));
        TakeEnd();
    }

    /// <summary>What stands between a block's keyword and its body; a faulty one costs no more than itself.</summary>
    /// <returns>Null when it is faulty.</returns>
    Expression? Header(Func<Expression> rule)
    {
        Expression? header = null;
        Recovering(() =>
        {
            header = rule();
            ExpectEnd();
        });
        return header;
    }

    void Recovering(Action rule)
    {
        try
        {
            rule();
        }
        catch (TemplateException fault) when (!tokens.IsLost)
        {
            faults.Add(fault.Faults[0]);
            tokens.SkipStatement();
        }
    }

    void TakeEnd()
    {
        if (tokens.Current.IsName("end"))
            tokens.Take();
        ExpectEnd();
    }

    void ExpectEnd()
    {
        if (!tokens.Current.EndsStatement)
            throw Refusals.Unexpected(tokens.Current, "an operator or the end of the statement");
    }
}
