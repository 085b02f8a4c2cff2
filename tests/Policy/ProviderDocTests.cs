using System.Text.RegularExpressions;
using BackupRunner.Policy;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Policy;

/// <summary>The policies on the pages of the providers are complete.</summary>
public sealed partial class ProviderDocTests
{
    public static TheoryData<string> Pages() => [.. Directory.GetFiles(Repository.PathOf("docs/providers"), "*.md").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_policy_on_a_page_is_complete_and_of_its_provider(string page)
    {
        var policies = Block().Matches(File.ReadAllText(Path.Join(Repository.PathOf("docs/providers"), page)))
            .Select(match => match.Groups[1].Value)
            .Where(yaml => yaml.StartsWith("backup:", StringComparison.Ordinal))
            .Select(yaml => PolicyDocument.Parse(yaml).Policy)
            .ToList();
        Assert.NotEmpty(policies);
        Assert.All(policies, policy => Assert.Empty(PolicyCompleteness.Problems(policy)));
        Assert.All(policies, policy => Assert.Equal(Path.GetFileNameWithoutExtension(page), PolicyWords.Of(policy.Storage!.Provider!.Value)));
    }

    [GeneratedRegex("^```yaml\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
