using BackupRunner.Policy;

namespace BackupRunner.Tests.Policy;

/// <summary>What a document is refused for.</summary>
static class Refusal
{
    public static IReadOnlyList<PolicyProblem> Of(string text) => Assert.Throws<PolicyException>(() => PolicyDocument.Parse(text)).Problems;

    /// <summary>The only problem, as it is printed.</summary>
    public static string OnlyOf(string text) => Assert.Single(Of(text)).ToString();
}
