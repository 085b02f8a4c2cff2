using System.Text.Json.Nodes;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Plans;

namespace BackupRunner.Tests.Webhook;

/// <summary>Golden/CASE/input.yaml becomes Golden/CASE/expected, file by file. <c>UPDATE_GOLDEN=1</c> writes what is made instead.</summary>
public sealed class PlanGoldenTests
{
    public static TheoryData<string> Cases => [.. PlanCase.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Plans_what_is_expected(string name)
    {
        var made = Made(PlanCase.Read(name));
        var folder = Path.Join(PlanCase.PathOf(name), "expected");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            Directory.CreateDirectory(folder);
            foreach (var (file, text) in made)
                File.WriteAllText(Path.Join(folder, file), text);
            return;
        }
        var expected = Directory.GetFiles(folder).ToDictionary(file => Path.GetFileName(file), File.ReadAllText, StringComparer.Ordinal);

        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), made.Keys.Order(StringComparer.Ordinal));
        foreach (var (file, text) in expected)
            Assert.Equal(text, made[file], ignoreLineEndingDifferences: false);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Text_and_object_are_the_same(string name)
    {
        foreach (var wanted in WantedObjects.For(PlanCase.Read(name).Plan))
            Assert.True(JsonNode.DeepEquals(wanted.Body, Yaml.Documents(YamlText.Of(wanted.Body)).Single()), wanted.Name);
    }

    static SortedDictionary<string, string> Made(PlanCase scene)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var wanted in WantedObjects.For(scene.Plan))
            files.Add($"{((string)wanted.Body["kind"]!).ToLowerInvariant()}-{wanted.Name}.yaml", YamlText.Of(wanted.Body));
        if (scene.Plan.Claims is [.., var claim])
        {
            files.Add("restore.yaml", YamlText.Of(RestoreJob.Spec(scene.Plan, claim, new RestoreChoice.Latest())));
            files.Add("resume.yaml", YamlText.Of(ResumeJob.For(scene.Plan, claim, "restore-now-x2x4z").Body));
        }
        string[] said = [.. scene.Selected.Problems, .. scene.Selected.IsUnknownYet.Select(line => $"unknown yet: {line}"), .. scene.Plan.Claims.SelectMany(one => RestoreJob.Problems(scene.Plan, one)).Distinct().Select(line => $"no restore: {line}")];
        if (said.Length > 0)
            files.Add("problems.txt", string.Join('\n', said) + "\n");
        return files;
    }
}
