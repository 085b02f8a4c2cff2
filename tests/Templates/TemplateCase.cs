using System.Text.RegularExpressions;

namespace BackupRunner.Tests.Templates;

/// <summary>
/// One case of a file in Cases: a title behind <c>===</c>, the template, and behind <c>---</c> the exact output, or behind <c>!!!</c>,
/// a line each, <c>line:column construct, message</c> of every fault.
/// </summary>
public sealed partial record TemplateCase(string File, string Title, string Template, string? Output, IReadOnlyList<string> Faults)
{
    public override string ToString() => $"{File}: {Title}";

    public static IEnumerable<TemplateCase> All() =>
        Directory.EnumerateFiles(Path.Combine(RepositoryFolder.Path, "tests", "Templates", "Cases"), "*.cases").Order(StringComparer.Ordinal)
            .SelectMany(file => Case().Matches(System.IO.File.ReadAllText(file).Replace("\\r\n", "\r\n", StringComparison.Ordinal)).Select(match => Of(Path.GetFileName(file), match)));

    static TemplateCase Of(string file, Match match)
    {
        var (title, template, expected) = (match.Groups["title"].Value, match.Groups["template"].Value, match.Groups["expected"].Value);
        return match.Groups["kind"].Value == "---"
            ? new TemplateCase(file, title, template, expected, [])
            : new TemplateCase(file, title, template, null, expected.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [GeneratedRegex(@"^=== (?<title>[^\n]*)\n(?<template>.*?)\n(?<kind>---|!!!)\n(?<expected>.*?)(?=\n?\n===|\n?\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Case();
}
