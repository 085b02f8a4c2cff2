using System.Text;

namespace BackupRunner.Policy.Shell;

/// <summary>
/// Splits a shell text into commands (POSIX.1-2024, XCU 2, and what bash adds to it that matters here). Template actions count as part of the
/// word they stand in; those that only control (<c>if</c>, <c>end</c>, comments) as nothing. Reads each character once.
/// </summary>
sealed class ShellScanner
{
    // Beyond it a substitution is taken for text; nobody writes it, and the stack is finite.
    const int MaximumDepth = 12;

    readonly string text;
    readonly int depth;
    readonly ShellCommandList commands;
    readonly List<(string End, bool StripTabs, ShellHere Here)> pendingHere = [];
    readonly ShellTemplateActions actions;
    int at;

    ShellScanner(string text, int depth, ShellTemplateActions actions)
    {
        (this.text, this.depth, this.actions) = (text, depth, actions);
        commands = new ShellCommandList(depth);
    }

    public static ShellScript Scan(string text, int depth = 0) =>
        depth > MaximumDepth ? new ShellScript([]) : new ShellScanner(text, depth, new ShellTemplateActions(text)).Script();

    ShellScript Script()
    {
        Commands(nested: false);
        return commands.Finished();
    }

    // Nested: up to the ")" that closes the substitution.
    void Commands(bool nested)
    {
        var open = 0;
        while (at < text.Length)
        {
            var c = text[at];
            if (c == ')' && nested && open == 0)
                break;
            if (c is ' ' or '\t' or '\r' || Continues())
                at += c == '\\' ? 2 : 1;
            else if (c == '#')
                SkipTo('\n');
            else if (c is '(' or ')')
                open = Math.Max(0, open + Parenthesis(c, open > 0));
            else if (c is '\n' or ';' or '&' or '|')
                Separator(c);
            else if (c is '<' or '>' && !Next('(') && !commands.InTest)
                Redirection();
            else
                commands.Add(Word());
        }
        commands.End(ShellSeparator.Line);
    }

    // By how much the number of open parentheses changes.
    int Parenthesis(char c, bool anyOpen)
    {
        var arithmetic = c == '(' && commands.IsStart && Next('(');
        at += arithmetic ? 2 : 1;
        if (arithmetic)
            commands.Add(new ShellWord("((", "((", []));
        if (commands.InArithmetic)
            return 0;
        if (c == '(')
            commands.Open();
        else
            commands.Close(anyOpen);
        return c == '(' ? 1 : -1;
    }

    void Separator(char c)
    {
        var doubled = c is '&' or '|' && Next(c);
        if (c == '&' && Next('>'))
        {
            at++;
            Redirection();
            return;
        }
        at += doubled || (c == '|' && Next('&')) ? 2 : 1;
        commands.End(doubled ? ShellSeparator.AndOr
            : c == '|' ? ShellSeparator.Pipe
            : c == '&' ? ShellSeparator.Background
            : c == ';' ? ShellSeparator.Semicolon
            : ShellSeparator.Line);
        if (c == '\n')
            HereTexts();
    }

    void Redirection()
    {
        if (at > 0 && char.IsAsciiDigit(text[at - 1]))
            commands.DropDescriptor();
        var start = at;
        while (at < text.Length && at - start < 3 && text[at] is '<' or '>' or '&' or '|' or '-')
            at++;
        var sign = text[start..at];
        // "<<-" strips tabs; in ">&-" and "<-" the hyphen is the target.
        if (sign.EndsWith('-') && sign != "<<-")
            at--;
        while (at < text.Length && text[at] is ' ' or '\t')
            at++;
        if (at == text.Length || text[at] is '\n' or ';' or '&' or '|' or '(' or ')' or '<' or '>')
            return;
        var target = Word();
        if (sign is "<<" or "<<-")
            pendingHere.Add((target.Text, sign == "<<-", commands.ExpectHere()));
        else if (sign == "<<<")
            commands.ExpectHere().Text = target.Text;
    }

    void HereTexts()
    {
        foreach (var (end, stripTabs, here) in pendingHere)
        {
            var body = new StringBuilder();
            while (at < text.Length)
            {
                var start = at;
                SkipTo('\n');
                var line = stripTabs ? text[start..at].TrimStart('\t') : text[start..at];
                at = Math.Min(at + 1, text.Length);
                if (line == end)
                    break;
                body.Append(line).Append('\n');
            }
            here.Text = body.ToString();
        }
        pendingHere.Clear();
    }

    ShellWord Word()
    {
        var word = new ShellWordBuilder();
        var start = at;
        while (at < text.Length && (at == start || !EndsWord(text[at])))
        {
            if (Continues())
                at += 2;
            else
                Part(word, quoted: false);
        }
        return word.Finished();
    }

    bool EndsWord(char c) => c is ' ' or '\t' or '\r' or '\n' or ';' or '&' or '|' or '(' or ')' || (c is '<' or '>' && !commands.InTest);

    void Part(ShellWordBuilder word, bool quoted)
    {
        var c = text[at];
        if (c == '{' && actions.EndOf(at) is { } end)
            Action(word, end);
        else if (c is '$' or '`' || (c is '<' or '>' && Next('(')))
            Expansion(word);
        else if (c == '\\' && at + 1 < text.Length)
            Escaped(word, quoted);
        else if (c == '"' && !quoted)
            DoubleQuotes(word);
        else if (c == '\'' && !quoted)
            SingleQuotes(word);
        else
            word.Add(text.AsSpan(at++, 1), quoted);
    }

    void Action(ShellWordBuilder word, int end)
    {
        if (!actions.IsControl(at, end))
            word.Add(text.AsSpan(at, end - at), quoted: true);
        at = end;
    }

    void Escaped(ShellWordBuilder word, bool quoted)
    {
        // In double quotes a backslash stays, but before what it would protect.
        var stays = quoted && text[at + 1] is not ('$' or '`' or '"' or '\\' or '\n');
        word.Add(text.AsSpan(stays ? at : at + 1, stays ? 2 : 1), quoted: true);
        at += 2;
    }

    void DoubleQuotes(ShellWordBuilder word)
    {
        at++;
        while (at < text.Length && text[at] != '"')
            Part(word, quoted: true);
        at++;
    }

    void SingleQuotes(ShellWordBuilder word)
    {
        var start = ++at;
        SkipTo('\'');
        word.Add(text.AsSpan(start, at - start), quoted: true);
        at++;
    }

    void Expansion(ShellWordBuilder word)
    {
        var start = at;
        if (text[at] == '`')
            word.Add(Backquotes());
        else if (Next('(') && depth < MaximumDepth)
            word.Add(Substitution());
        else if (Next('{') && actions.EndOf(at + 1) is null)
            at = Math.Min(text.IndexOf('}', at) is var brace and >= 0 ? brace + 1 : text.Length, text.Length);
        else
            at++;
        word.Add(text.AsSpan(start, Math.Min(at, text.Length) - start), quoted: true);
    }

    ShellScript Substitution()
    {
        var inner = new ShellScanner(text, depth + 1, actions) { at = at + 2 };
        inner.Commands(nested: true);
        at = Math.Min(inner.at + 1, text.Length);
        return inner.commands.Finished();
    }

    ShellScript Backquotes()
    {
        var inner = new StringBuilder();
        for (at++; at < text.Length && text[at] != '`'; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '`' or '\\' or '$')
                at++;
            inner.Append(text[at]);
        }
        at = Math.Min(at + 1, text.Length);
        return Scan(inner.ToString(), depth + 1);
    }

    bool Next(char c) => at + 1 < text.Length && text[at + 1] == c;

    bool Continues() => text[at] == '\\' && Next('\n');

    void SkipTo(char c)
    {
        var found = text.IndexOf(c, at);
        at = found < 0 ? text.Length : found;
    }
}
