using BackupRunner.Templates;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Templates;

/// <summary>Values and names that were written to be commands, in a script that a shell runs.</summary>
public sealed class TemplateInjectionTests : IDisposable
{
    readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData("x; touch owned")]
    [InlineData("x' ; touch owned ; '")]
    [InlineData("$(touch owned)")]
    [InlineData("`touch owned`")]
    [InlineData("x\ntouch owned\n")]
    [InlineData("\"; touch owned; \"")]
    [InlineData("x && touch owned #")]
    [InlineData("\\'; touch owned; \\'")]
    [InlineData("-n --help $HOME * ~ !!")]
    public void What_is_quoted_arrives_as_it_is_and_runs_nothing(string hostile)
    {
        var model = new TemplateModel(
            new Dictionary<string, object?> { ["given"] = hostile }, new BackupNames("id", "2026-11-22T02:00:00Z", "/a", "/c"), new WorkloadNames("statefulset", hostile, hostile, "", "", hostile));

        foreach (var expression in (string[])["Values.given", "Workload.name", "Workload.claim"])
        {
            var script = CommandTemplate.Parse($"printf %s {{{{ {expression} | shell_quote }}}}").Render(model);

            Assert.Equal(hostile, Shell.Run("sh", "-euc", $"cd {scratch.Folder("here")} && {script}"));
            Assert.Empty(Directory.EnumerateFileSystemEntries(scratch.Folder("here")));
        }
    }
}
