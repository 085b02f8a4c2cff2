namespace BackupRunner.Policy.Shell;

/// <summary>
/// The simple commands of a shell text in the order in which they stand, control structures taken off. It is what warnings are made
/// of: a text that no shell would take still gives commands, never an error.
/// </summary>
sealed record ShellScript(IReadOnlyList<ShellCommand> Commands)
{
    /// <summary>Its commands, those of its substitutions, and those of texts that it gives to another shell.</summary>
    public IEnumerable<ShellCommand> All() => Commands.SelectMany(command => command.Nested().SelectMany(script => script.All()).Prepend(command));
}

/// <param name="Text">Quotes removed; expansions and template actions as written.</param>
/// <param name="Pattern">As <paramref name="Text"/>, but with a backslash before each pattern character that is quoted.</param>
/// <param name="Substitutions">What <c>$( )</c> and backquotes in it run.</param>
sealed record ShellWord(string Text, string Pattern, IReadOnlyList<ShellScript> Substitutions);

/// <param name="List">Commands joined by <c>|</c>, <c>&amp;&amp;</c> and <c>||</c> have the same number.</param>
/// <param name="Depth">How many scripts are around the one that it stands in.</param>
sealed record ShellCommand(IReadOnlyList<ShellWord> Words, int List, int Depth, ShellHere? Here)
{
    /// <summary>What it comes to; looked at once, because its script may be long.</summary>
    public ShellInvocation Invocation => field ??= ShellInvocation.Of(this);

    /// <summary>The command before it in the pipe.</summary>
    public ShellCommand? PipedFrom { get; init; }

    public bool InBackground { get; set; }

    /// <summary>Stands in the body of a function: it runs when that is called.</summary>
    public bool InFunction { get; init; }

    /// <summary>The scripts that running this command runs.</summary>
    public IEnumerable<ShellScript> Nested()
    {
        foreach (var script in Words.SelectMany(word => word.Substitutions))
            yield return script;
        if (Invocation.Script is { } given)
            yield return given;
    }
}
