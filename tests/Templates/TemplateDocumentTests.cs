using System.Text.RegularExpressions;
using BackupRunner.Templates;

namespace BackupRunner.Tests.Templates;

/// <summary>The documentation's tables are run: what they show is what templates do.</summary>
public sealed partial class TemplateDocumentTests
{
    static readonly IReadOnlyList<string[]> Rows = [.. Section().Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Select(Cells)];

    public static TheoryData<string, string> Examples
    {
        get
        {
            var examples = new TheoryData<string, string>();
            foreach (var row in Rows.Where(row => row.Length >= 3 && Code(row[^2]) is not null && Code(row[^1]) is not null))
                examples.Add(Code(row[^2])!, Code(row[^1])!);
            return examples;
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_gives_what_the_document_says(string template, string output) =>
        Assert.Equal(output, CommandTemplate.Parse(template).Render(SampleModel.Model));

    [Fact]
    public void Every_function_is_documented_and_every_documented_function_exists() =>
        Assert.Equal(CommandTemplate.Functions, Rows.Where(row => row.Length == 4 && Code(row[0]) is not null).Select(row => Code(row[0])!).Order(StringComparer.Ordinal));

    [Fact]
    public void The_tables_are_found() => Assert.True(Examples.Count > 60, $"{Examples.Count} examples");

    [Theory]
    [InlineData("while true")]
    [InlineData("case 1")]
    [InlineData("with Values")]
    [InlineData("capture x")]
    [InlineData("func f")]
    [InlineData("ret 1")]
    [InlineData("import Values")]
    [InlineData("include 'x'")]
    [InlineData("readonly x")]
    [InlineData("wrap f")]
    [InlineData("tablerow x in y")]
    [InlineData("break")]
    [InlineData("continue")]
    [InlineData("range .Values.x")]
    public void A_statement_outside_of_the_subset_is_refused_by_name(string statement)
    {
        var refused = Assert.Throws<TemplateException>(() => CommandTemplate.Parse($"echo\n  {{{{ {statement} }}}}{{{{ end }}}}"));
        Assert.Equal((2, 6, statement.Split(' ')[0]), (refused.Line, refused.Column, refused.Construct));
        Assert.StartsWith("line 2, column 6: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"\"{refused.Construct}\"", refused.Message, StringComparison.Ordinal);
    }

    static string Section() => SectionOf().Match(File.ReadAllText(Path.Combine(RepositoryFolder.Path, "docs", "POLICY.md"))).Value;

    /// <summary>A bar in a cell is escaped.</summary>
    static string[] Cells(string line) => [.. Bars().Split(line.Trim().Trim('|')).Select(cell => cell.Trim().Replace("\\|", "|", StringComparison.Ordinal))];

    /// <returns>Null when the cell is more or less than one code span.</returns>
    static string? Code(string cell) => CodeSpan().Match(cell) is { Success: true } span ? span.Groups["one"].Value + span.Groups["two"].Value.Trim() : null;

    [GeneratedRegex(@"^(?:`(?<one>[^`]+)`|``(?<two>.+)``)$")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Bars();

    [GeneratedRegex(@"^## Command templates$.*?(?=^## |\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex SectionOf();
}
