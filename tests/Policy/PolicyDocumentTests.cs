using BackupRunner.Policy;

namespace BackupRunner.Tests.Policy;

public sealed class PolicyDocumentTests
{
    [Fact]
    public void All_problems_are_reported_at_once_in_the_order_of_the_document()
    {
        var problems = Refusal.Of("""
            backup:
              enabled: maybe
              storage:
                providr: s3
                bucket: 5
              retention:
                keepCount: seven
                keepCount: 7
              nothing: here
            extra: 1
            """);
        Assert.Equal(
        [
            "backup.enabled (line 2, column 12): \"maybe\" is not true or false",
            "backup.storage.providr (line 4, column 5): unknown key \"providr\"; did you mean \"provider\"?",
            "backup.storage.bucket (line 5, column 13): 5 is a number where a text is expected; put it in quotes",
            "backup.retention.keepCount (line 7, column 16): \"seven\" is not a number",
            "backup.retention.keepCount (line 8, column 5): \"keepCount\" is given twice, first in line 7",
            "backup.nothing (line 9, column 3): unknown key \"nothing\"; known here: enabled, storage, cluster, settings, retention, schedule, commands, values, restore, verification",
            "extra (line 10, column 1): unknown key \"extra\"; known here: backup, enabled, storage, cluster, settings, retention, schedule, commands, values, restore, verification, volumeAccess, consistency, archive, checksum, encryption",
        ], problems.Select(problem => problem.ToString()));
        var thrown = Assert.Throws<PolicyException>(() => PolicyDocument.Parse("enabled: 1\ncluster: 2"));
        Assert.Equal(2, thrown.Message.Split('\n').Length);
    }

    [Theory]
    [InlineData("", "policy (line 1, column 1): is empty; the root key is \"backup\"")]
    [InlineData("  \n\n", "policy (line 1, column 1): is empty; the root key is \"backup\"")]
    [InlineData("# only a comment\n", "policy (line 1, column 1): is empty; the root key is \"backup\"")]
    [InlineData("---\n", "policy (line 1, column 1): is empty; the root key is \"backup\"")]
    [InlineData("~", "policy (line 1, column 1): is empty; the root key is \"backup\"")]
    [InlineData("backup", "policy (line 1, column 1): expected a mapping with the root key \"backup\", not a text")]
    [InlineData("- backup:", "policy (line 1, column 1): expected a mapping with the root key \"backup\", not a list")]
    [InlineData("backup: []", "backup (line 1, column 9): expected a mapping, not a list")]
    [InlineData("bakcup: {}", "bakcup (line 1, column 1): unknown key \"bakcup\"; did you mean \"backup\"?")]
    [InlineData("Retention: {}", "Retention (line 1, column 1): unknown key \"Retention\"; did you mean \"retention\"?")]
    [InlineData("backup: {}\nstorage: {}", "storage (line 2, column 1): \"storage\" stands beside \"backup\"; put it inside")]
    [InlineData("backup: {}\nbackup: {}", "backup (line 2, column 1): \"backup\" is given twice, first in line 1")]
    [InlineData("settings: {encryption: {}}\nencryption: {}", "backup.settings.encryption (line 1, column 12): \"encryption\" is given twice, also in line 2")]
    [InlineData("backup: {}\n---\nbackup: {}", "policy (line 2, column 1): has a second document (after \"---\"); give one")]
    [InlineData("storage: &a {}", "backup.storage (line 1, column 10): has an anchor (\"&\"); anchors and aliases are not supported")]
    [InlineData("storage: *a", "backup.storage (line 1, column 10): is an alias (\"*\"); write the value again")]
    [InlineData("storage: !!map {}", "backup.storage (line 1, column 10): has a tag (\"!\"); tags are not supported, quotes make a text")]
    [InlineData("cluster: !x y", "backup.cluster (line 1, column 10): has a tag (\"!\"); tags are not supported, quotes make a text")]
    [InlineData("storage:\n  <<: {}", "backup.storage.\"<<\" (line 2, column 3): unknown key \"<<\"; merge keys are not supported")]
    [InlineData("? [a]\n: b", "policy (line 1, column 3): has a key that is not a text")]
    [InlineData("storage: {? : b}", "backup.storage (line 1, column 13): has a key that is not a text")]
    [InlineData("values:\n  a: 1\n  a: 2", "backup.values.a (line 3, column 3): \"a\" is given twice, first in line 2")]
    [InlineData("cluster: \"a\0b\"", "policy (line 1, column 12): holds the character U+0000, which YAML does not allow")]
    public void Refuses_a_document_that_is_no_policy(string text, string problem) => Assert.Equal(problem, Refusal.OnlyOf(text));

    [Theory]
    [InlineData("backup: {", 2)]
    [InlineData("backup:\n  a: b\n c: d", 3)]
    [InlineData("backup:\n\tenabled: true", 2)]
    [InlineData("values: {a: [x,\ny]}", 2)]
    [InlineData("...\ncluster: a", 2)]
    [InlineData("cluster: \"open", 1)]
    [InlineData("cluster: 'a' b", 1)]
    [InlineData("cluster: \"\\q\"", 1)]
    [InlineData("cluster: \"\\UFFFFFFFF\"", 1)]
    [InlineData("cluster: @a", 1)]
    [InlineData("%YAML 9.9\n---\nbackup:", 1)]
    [InlineData("a: b: c", 1)]
    [InlineData("]", 1)]
    public void Malformed_YAML_is_one_problem_with_its_place(string text, int line)
    {
        var problem = Assert.Single(Refusal.Of(text));
        Assert.Equal(line, problem.Line);
        Assert.StartsWith("is not valid YAML: ", problem.Message, StringComparison.Ordinal);
        Assert.False(problem.Message.EndsWith('.'));
    }

    [Fact]
    public void A_fragment_may_hold_several_keys_of_the_body_and_of_settings()
    {
        var (policy, marks) = PolicyDocument.Parse("""
            storage: {provider: file, path: /b}
            settings: {archive: {compressionLevel: 1}}
            checksum: {algorithm: sha256}
            retention: {keepCount: 3}
            """);
        Assert.Equal((1, 3, "/b"), (policy.Settings.Archive.CompressionLevel, policy.Retention.KeepCount, policy.Storage?.Path));
        Assert.Equal(new PolicyMark(3, 23), marks.Of("backup.settings.checksum.algorithm"));
        Assert.Equal(new PolicyMark(2, 40), marks.Of("backup.settings.archive.compressionLevel"));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_no_character()
    {
        Assert.Equal("policy (line 2, column 4): holds the character U+D800, which YAML does not allow", Refusal.OnlyOf("a: 1\nb: \ud800"));
        Assert.Equal("\ud83d\ude00", PolicyDocument.Parse("cluster: \ud83d\ude00").Policy.Cluster);
    }

    [Fact]
    public void A_byte_order_mark_Windows_line_ends_and_JSON_are_read()
    {
        Assert.Equal("c", PolicyDocument.Parse("\ufeffcluster: c\r\nenabled: false\r\n").Policy.Cluster);
        Assert.Equal(4, PolicyDocument.Parse("{\n  \"backup\": {\n\t\"retention\": {\"keepCount\": 4}\n}}").Policy.Retention.KeepCount);
        Assert.Equal(3, Assert.Single(Refusal.Of("cluster: c\r\nenabled: false\r\nx: y\r\n")).Line);
    }

    [Fact]
    public void Documents_that_are_large_or_deep_or_many_are_bounded()
    {
        Assert.Equal("is larger than 1 MiB", Assert.Single(Refusal.Of("values: {a: " + new string('é', 1 << 19) + "}")).Message);
        Assert.NotNull(PolicyDocument.Parse("values: {a: " + new string('x', (1 << 20) - 20) + "}"));
        Assert.Equal("is nested more than 32 levels deep", Assert.Single(Refusal.Of("values: " + new string('[', 1000) + new string(']', 1000))).Message);
        Assert.NotNull(PolicyDocument.Parse("values: {a: " + new string('[', 30) + new string(']', 30) + "}"));
        var many = Refusal.Of(string.Concat(Enumerable.Range(0, 50_000).Select(i => $"key{i}: 1\n")));
        Assert.Equal(101, many.Count);
        Assert.Equal("policy: 49900 more problems", many[^1].ToString());
    }

    [Fact]
    public void Messages_show_values_in_one_line_of_bounded_length()
    {
        var message = Refusal.OnlyOf("retention: {keepCount: \"" + new string('x', 500) + "\"}");
        Assert.EndsWith("xxx...\" is not a number", message, StringComparison.Ordinal);
        Assert.True(message.Length < 200);
        Assert.EndsWith("\"a\\n\\\"b\\u{1b}\" is not a number", Refusal.OnlyOf("retention: {keepCount: \"a\\n\\\"b\\e\"}"), StringComparison.Ordinal);
    }
}
