namespace BackupRunner.Templates;

/// <summary>One thing wrong with a template.</summary>
/// <param name="Message">Lower case, no full stop, names the construct; never holds a value of the model.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in UTF-16 code units; a tab is one.</param>
/// <param name="Construct">As it stands in the template: <c>while</c>, <c>Values.typo</c>, <c>string.shout</c>.</param>
public sealed record TemplateFault(string Message, int Line, int Column, string Construct)
{
    public override string ToString() => $"line {Line}, column {Column}: {Message}";
}

/// <summary>Everything that is wrong with a template, in the order of the text, one fault a line of <see cref="Exception.Message"/>.</summary>
public sealed class TemplateException(IReadOnlyList<TemplateFault> faults) : Exception(string.Join('\n', faults))
{
    public TemplateException(TemplateFault fault)
        : this([fault])
    {
    }

    /// <summary>Never empty.</summary>
    public IReadOnlyList<TemplateFault> Faults { get; } = faults;

    /// <summary>Of the first fault, as are <see cref="Column"/> and <see cref="Construct"/>.</summary>
    public int Line => Faults[0].Line;

    public int Column => Faults[0].Column;

    public string Construct => Faults[0].Construct;
}
