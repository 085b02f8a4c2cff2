using BackupRunner.Templates.Checking;
using BackupRunner.Templates.Functions;
using BackupRunner.Templates.Rendering;
using BackupRunner.Templates.Syntax;

namespace BackupRunner.Templates;

/// <summary>
/// A command of the policy, written in a subset of the Scriban language (docs/POLICY.md, "Command templates"). Immutable; parse once,
/// check at admission, render at each run.
/// </summary>
public sealed class CommandTemplate
{
    readonly IReadOnlyList<Statement> statements;

    CommandTemplate(string text, IReadOnlyList<Statement> statements) => (Text, this.statements) = (text, statements);

    /// <summary>As it was parsed.</summary>
    public string Text { get; }

    /// <summary>Every function with its parameters, as docs/POLICY.md lists them: <c>string.slice &lt;text&gt; &lt;start&gt; &lt;length&gt;?</c>.</summary>
    public static IReadOnlyList<string> Functions { get; } = [.. FunctionTable.All.Select(function => function.Signature).Order(StringComparer.Ordinal)];

    /// <exception cref="TemplateException">Syntax, unknown functions, and constructs outside the subset; all at once.</exception>
    public static CommandTemplate Parse(string text)
    {
        if (text.Length > TemplateLimits.TemplateLength)
            throw new Position(1, 1).Throw("template", $"the template is longer than {TemplateLimits.TemplateLength} characters");
        var faults = new FaultList();
        var statements = TemplateParser.Parse(text, faults);
        return faults.IsEmpty ? new CommandTemplate(text, statements) : throw new TemplateException(faults.All());
    }

    /// <summary>
    /// Finds what <see cref="Render"/> would refuse: unknown variables and members in every branch, whether this model enters it or
    /// not; then, if there are none, what rendering with this model meets.
    /// </summary>
    /// <returns>In the order of the text; empty when the template is good.</returns>
    public IReadOnlyList<TemplateFault> Check(TemplateModel model)
    {
        var faults = new FaultList();
        TemplateChecker.Check(statements, model, faults);
        if (!faults.IsEmpty)
            return faults.All();
        try
        {
            Render(model);
            return [];
        }
        catch (TemplateException refused)
        {
            return refused.Faults;
        }
    }

    /// <exception cref="TemplateException">
    /// An unknown variable or member, an operation that its operands do not allow, or one of <see cref="TemplateLimits"/>.
    /// </exception>
    public string Render(TemplateModel model) => Renderer.Render(statements, model);
}
