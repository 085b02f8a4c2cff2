using System.Text.Json;
using BackupRunner.Policy;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Tests.Webhook;

public sealed class PolicyObjectReaderTests
{
    const string Storage = "\"storage\":{\"provider\":\"s3\",\"bucket\":\"b\",\"region\":\"r\"}";

    [Fact]
    public void Reads_what_a_policy_says()
    {
        var script = string.Concat(Enumerable.Repeat("echo \\\"grüße 🙂 <&>\\\"\\n\\t: {{ Workload.name | shell_quote }}\\n", 200));
        var policy = Read("{" + Storage + ",\"commands\":{\"backup\":\"" + script + "\"}}");

        Assert.Empty(policy.Problems);
        Assert.StartsWith("echo \"grüße 🙂 <&>\"\n\t: {{ Workload.name", policy.Policy!.Commands.Backup, StringComparison.Ordinal);
        Assert.Equal(policy.Policy.Commands, PolicyDocument.Parse(PolicyBody.Document(policy.Body)).Policy.Commands);
    }

    [Fact]
    public void Says_every_problem_at_once_and_no_lines()
    {
        var unread = Read("""{"storge":{},"retention":{"keepCount":"seven"},"schedule":{"cron":"61 * * * *"}}""");
        Assert.Equal(3, unread.Problems.Count);
        Assert.DoesNotContain(unread.Problems, problem => problem.Contains("(line", StringComparison.Ordinal));

        var incomplete = Read("""{"storage":{"provider":"s3"},"commands":{"backup":"{{ Values.typo }}"},"restore":{"healthCommand":"{{ while }}"}}""");
        Assert.Null(incomplete.Policy);
        Assert.Contains(incomplete.Problems, problem => problem.StartsWith("backup.storage.bucket", StringComparison.Ordinal));
        Assert.Contains(incomplete.Problems, problem => problem.StartsWith("backup.storage.region", StringComparison.Ordinal));
        Assert.Contains(incomplete.Problems, problem => problem.StartsWith("backup.commands.backup", StringComparison.Ordinal) && problem.Contains("typo", StringComparison.Ordinal));
        Assert.Contains(incomplete.Problems, problem => problem.StartsWith("backup.restore.healthCommand", StringComparison.Ordinal));
    }

    [Fact]
    public void Refuses_a_store_that_ends_with_the_run() =>
        Assert.StartsWith("backup.storage.provider: \"file\"", Assert.Single(Read("""{"storage":{"provider":"file","path":"/var/backups"}}""").Problems), StringComparison.Ordinal);

    [Fact]
    public void Refuses_what_is_too_large_or_too_deep_or_nothing()
    {
        Assert.Contains("larger than", Assert.Single(Read("{" + Storage + ",\"values\":{\"a\":\"" + new string('x', 1 << 21) + "\"}}").Problems), StringComparison.Ordinal);
        Assert.Contains("levels deep", Assert.Single(Read("{" + Storage + ",\"values\":" + string.Concat(Enumerable.Repeat("{\"a\":", 50)) + "1" + new string('}', 51)).Problems), StringComparison.Ordinal);
        Assert.Equal("spec: is missing", Assert.Single(PolicyObjectReader.Read(JsonElement.Parse("{}")).Problems)[..16]);
        foreach (var odd in (string[])["null", "7", "[]", "\"x\"", "\"\\ud800\"", "{\"a\":\"\\ud800\"}", "{\"\\ud800\":1}", "{\"a\":1,\"a\":2}"])
            Assert.NotEmpty(Read(odd).Problems);
    }

    static PolicyObject Read(string spec) => PolicyObjectReader.Read(JsonElement.Parse($$"""{"metadata":{"name":"p","namespace":"default"},"spec":{{spec}}}"""));
}
