namespace BackupRunner.Templates.Functions;

/// <summary>A function that templates can call.</summary>
/// <param name="Name">Scriban's, with its namespace; ours and Helm's have none.</param>
/// <param name="PipedLast">Helm's order: a piped value is the last argument. Scriban's: the first.</param>
sealed record TemplateFunction(
    string Name, IReadOnlyList<Parameter> Parameters, Func<Arguments, object?> Invoke, bool PipedLast = false)
{
    /// <summary>As the documentation writes it: <c>string.slice &lt;text&gt; &lt;start&gt; &lt;length&gt;?</c>.</summary>
    public string Signature => string.Join(' ', [Name, .. Parameters]);

    /// <param name="parameters">Names; a question mark behind one makes it optional.</param>
    public static TemplateFunction Of(string name, string parameters, Func<Arguments, object?> invoke) =>
        new(name, [.. parameters.Split(' ').Select(Parameter.Parse)], invoke);
}

/// <param name="MayBeAbsent">The function exists to say what happens when this argument is not set.</param>
sealed record Parameter(string Name, bool Optional, bool MayBeAbsent = false)
{
    public static Parameter Parse(string text) => new(text.TrimEnd('?'), text.EndsWith('?'));

    public override string ToString() => $"<{Name}>{(Optional ? "?" : "")}";
}
