namespace BackupRunner.Policy.Shell;

enum ShellSeparator
{
    Line,
    Semicolon,
    Background,
    AndOr,
    Pipe,
}

/// <summary>Gathers words into commands, takes the reserved words of control structures off, and keeps which commands belong together.</summary>
sealed class ShellCommandList(int depth)
{
    readonly List<ShellCommand> commands = [];
    readonly Stack<bool> braces = [];
    List<ShellWord> words = [];
    ShellHere? here;
    // The index of the first word that is not a reserved one.
    int name = -1;
    int functions;
    bool functionFollows;
    bool piped;
    bool joined;
    int list;

    /// <summary>Whether a command may begin here.</summary>
    public bool IsStart => name < 0;

    /// <summary>In <c>[[ ]]</c> and <c>(( ))</c>, where &lt; and &gt; compare.</summary>
    public bool InTest => name >= 0 && words[name].Text is "[[" or "((";

    public bool InArithmetic => name >= 0 && words[name].Text is "((";

    public void Add(ShellWord word)
    {
        // An action that only controls leaves a word without text.
        if (word.Text.Length == 0 && word.Substitutions.Count == 0)
            return;
        if (name < 0 && !IsReserved(word.Text))
            name = words.Count;
        words.Add(word);
    }

    /// <summary>The number before a redirection that touches it is a file descriptor.</summary>
    public void DropDescriptor()
    {
        if (words.Count == 0 || !words[^1].Text.All(char.IsAsciiDigit))
            return;
        words.RemoveAt(words.Count - 1);
        if (name == words.Count)
            name = -1;
    }

    public ShellHere ExpectHere() => here = new ShellHere();

    /// <summary>A "(": of a function's definition, or of a subshell.</summary>
    public void Open()
    {
        functionFollows |= name >= 0 && words[name].Text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
        Drop();
    }

    /// <summary>A ")": of a function's definition, of a subshell, or, when none was open, of a pattern of <c>case</c>.</summary>
    public void Close(bool wasOpen)
    {
        if (wasOpen)
            End(ShellSeparator.Line);
        Drop();
    }

    public void End(ShellSeparator separator)
    {
        TakeReserved();
        if (words.Count > 0)
        {
            commands.Add(new ShellCommand(words, list, depth, here) { PipedFrom = piped ? commands[^1] : null, InFunction = functions > 0 });
            (words, name, here) = ([], -1, null);
        }
        else if (separator is ShellSeparator.Line && joined)
        {
            // A line may end after "&&", "||" and "|".
            return;
        }
        else if (commands.Count > 0 && separator is not (ShellSeparator.Line or ShellSeparator.Semicolon))
        {
            // Stands after a "}", "fi", "done" or ")": it is about what ends there.
            list = commands[^1].List;
        }
        if (separator == ShellSeparator.Background)
        {
            for (var i = commands.Count - 1; i >= 0 && commands[i].List == list; i--)
                commands[i].InBackground = true;
        }
        piped = separator == ShellSeparator.Pipe && commands.Count > 0;
        joined = separator is ShellSeparator.Pipe or ShellSeparator.AndOr;
        if (!joined)
            list++;
    }

    public ShellScript Finished() => new(commands);

    void Drop() => (words, name) = ([], -1);

    void TakeReserved()
    {
        var taken = 0;
        while (taken < words.Count && IsReserved(words[taken].Text))
        {
            var word = words[taken++].Text;
            if (word == "{")
                OpenBrace();
            else if (word == "}" && braces.TryPop(out var wasFunction))
                functions -= wasFunction ? 1 : 0;
            else if (word == "function" && taken < words.Count)
                (functionFollows, taken) = (true, taken + 1);
        }
        words.RemoveRange(0, taken);
        name = words.Count > 0 ? 0 : -1;
    }

    void OpenBrace()
    {
        braces.Push(functionFollows);
        functions += functionFollows ? 1 : 0;
        functionFollows = false;
    }

    static bool IsReserved(string word) => word is "if" or "then" or "elif" or "else" or "fi" or "while" or "until" or "do" or "done"
        or "esac" or "{" or "}" or "!" or "time" or "function";
}
