using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Templates;

namespace BackupRunner.Backups;

/// <summary>Renders a policy's templates and collects what is wrong with any of them, so that all of it is told at once.</summary>
public sealed class Rendering(TemplateModel model)
{
    readonly List<string> faults = [];

    /// <param name="path">Where in the policy the template stands.</param>
    /// <returns>Null for no template.</returns>
    public string? Of(string path, string? template) => template is null ? null : Required(path, template);

    public string Required(string path, string template)
    {
        try
        {
            var parsed = CommandTemplate.Parse(template);
            faults.AddRange(parsed.Check(model).Select(fault => Told(path, fault)));
            return parsed.Render(model);
        }
        catch (TemplateException invalid)
        {
            faults.AddRange(invalid.Faults.Select(fault => Told(path, fault)));
            return "";
        }
    }

    /// <exception cref="RunnerException">Exit 2, with every fault so far.</exception>
    public void ThrowFaults()
    {
        if (faults.Count == 0)
            return;
        var distinct = faults.Distinct().ToList();
        throw new RunnerException(ExitCode.Usage, string.Join('\n', distinct), "docs/POLICY.md, \"Command templates\", lists what a template may hold");
    }

    static string Told(string path, TemplateFault fault) => new PolicyProblem(path, 0, 0, fault.ToString()).ToString();
}
