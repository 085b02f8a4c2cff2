using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using BackupRunner.Policy;

namespace BackupRunner.Tests.Policy;

/// <summary>docs/POLICY.md and the code say the same.</summary>
public sealed partial class PolicyDocTests
{
    static readonly string Document = Read();

    [Fact]
    public void Every_example_is_a_complete_policy()
    {
        var examples = Example().Matches(Document.Split("## Command templates")[0]).Select(match => match.Groups[1].Value).ToList();
        Assert.True(examples.Count > 5);
        Assert.All(examples, example => Assert.Empty(PolicyCompleteness.Problems(PolicyDocument.Parse(example).Policy)));
    }

    [Fact]
    public void The_table_of_providers_is_the_code()
    {
        foreach (var provider in Enum.GetValues<StorageProvider>())
        {
            var row = $"| `{PolicyWords.Of(provider)}` | {Listed(StorageKeys.Required(provider))} | {Listed(StorageKeys.Optional(provider))} |";
            Assert.Contains(row, Document, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_warning_of_the_code_is_in_the_table()
    {
        string[] codes =
        [
            "encryption-off", "old-keys-before-backups", "no-recovery-key", "keep-count-below-2", "unused-storage-keys",
            "lastsave-compared-with-itself", "rm-leaves-dot-files", "shutdown-by-exec", "ends-in-foreground-server",
        ];
        Assert.All(codes, code => Assert.Contains($"| `{code}` |", Document, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_key_of_the_document_is_described()
    {
        foreach (var key in DataFile.Read("every-key.yaml").Split('\n').SelectMany(line => Key().Matches(line)).Select(match => match.Groups[1].Value).Distinct())
            Assert.Matches($"[`.]{key}[`.]|backup\\.{key}|settings\\.{key}", Document);
    }

    static string Listed(IEnumerable<string> keys) => string.Join(", ", keys.Select(key => $"`{key}`"));

    static string Read([CallerFilePath] string here = "") => File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../docs/POLICY.md"));

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"\b([a-z][A-Za-z]+):(?: |$)")]
    private static partial Regex Key();
}
