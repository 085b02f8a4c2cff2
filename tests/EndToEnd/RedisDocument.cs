using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>What the client's document prints for Redis, character for character.</summary>
static class RedisDocument
{
    /// <summary>4.1: the block <c>consistency</c>, of <c>backup.settings</c>.</summary>
    public static string Consistency { get; } = string.Join('\n', Printed("full-example.yaml").Split('\n')
        .SkipWhile(line => !line.StartsWith("    consistency:", StringComparison.Ordinal))
        .TakeWhile((line, index) => index == 0 || line.StartsWith("      ", StringComparison.Ordinal)));

    /// <summary>7.1, and a timeout, which it does not print.</summary>
    public static string Commands(string timeout) =>
        Printed("redis-commands.yaml").Replace("  commands:\n", $"  commands:\n    timeout: {timeout}\n", StringComparison.Ordinal);

    static string Printed(string block) => File.ReadAllText(Repository.PathOf("tests/Policy/data/" + block));
}
