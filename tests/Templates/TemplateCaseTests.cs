using BackupRunner.Templates;

namespace BackupRunner.Tests.Templates;

public sealed class TemplateCaseTests
{
    public static TheoryData<string> Titles => [.. TemplateCase.All().Select(entry => entry.ToString())];

    [Theory]
    [MemberData(nameof(Titles))]
    public void Renders_or_refuses_as_the_case_says(string title)
    {
        var entry = TemplateCase.All().Single(candidate => candidate.ToString() == title);
        var (output, faults) = Rendered(entry.Template);
        Assert.Equal(entry.Faults, faults);
        Assert.Equal(entry.Output, output);
    }

    [Fact]
    public void Every_case_has_a_title_of_its_own()
    {
        var titles = TemplateCase.All().Select(entry => entry.ToString()).ToList();
        Assert.True(titles.Count > 140, $"{titles.Count} cases were found");
        Assert.Equal(titles.Distinct(), titles);
    }

    /// <summary>Parses, checks and renders; what the check finds good must render, and what it refuses here must not.</summary>
    static (string? Output, IReadOnlyList<string> Faults) Rendered(string text)
    {
        try
        {
            var template = CommandTemplate.Parse(text);
            var faults = template.Check(SampleModel.Model);
            return faults.Count == 0 ? (template.Render(SampleModel.Model), []) : (null, [.. faults.Select(Shown)]);
        }
        catch (TemplateException refused)
        {
            return (null, [.. refused.Faults.Select(Shown)]);
        }
    }

    static string Shown(TemplateFault fault) => $"{fault.Line}:{fault.Column} {fault.Construct}, {fault.Message}".Replace("\n", "\\n", StringComparison.Ordinal);
}
