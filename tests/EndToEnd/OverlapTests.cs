using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>Two runs of one series, or on one folder, never overlap.</summary>
public sealed class OverlapTests : IDisposable
{
    readonly Laptop laptop = new();

    public void Dispose() => laptop.Dispose();

    [Fact]
    public async Task While_a_backup_runs_a_second_one_a_prune_and_a_restore_are_refused()
    {
        laptop.Scratch.File("data/one", "1");
        await laptop.BackUp();
        Shell.Bash($"mkfifo {laptop.Scratch["gate"]}");
        var policy = laptop.Policy($"backup: {{settings: {{consistency: {{enabled: true, command: 'cat {laptop.Scratch["gate"]}'}}}}}}");
        await using var first = laptop.Start("backup", "--policy", policy);
        await first.Said("consistency command");
        foreach (var verb in new string[][] { ["backup"], ["prune"], ["restore", "--latest"] })
        {
            var refused = (await laptop.Run(verb[0], verb[1..])).Exited(7);
            Assert.Contains($"process {first.Id}", refused.Error, StringComparison.Ordinal);
        }
        // Another series on the same folder.
        (await laptop.Run("backup", "--workload", "statefulset/other")).Exited(7);
        Shell.Bash($"echo >{laptop.Scratch["gate"]}");
        (await first.Ended).Exited(0);
        await laptop.BackUp();
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_stopped_backup_leaves_nothing_and_exits_143(string signal)
    {
        laptop.Scratch.File("data/one", "1");
        Shell.Bash($"mkfifo {laptop.Scratch["gate"]}");
        var policy = laptop.Policy($"backup: {{settings: {{consistency: {{enabled: true, command: 'cat {laptop.Scratch["gate"]}'}}}}}}");
        await using var running = laptop.Start("backup", "--policy", policy, "--report", laptop.Scratch["report.json"]);
        await running.Said("consistency command");
        running.Signal(signal);
        (await running.Ended).Exited(143);
        Assert.Equal("", laptop.Stored());
        Assert.Equal("143\n", Shell.Bash($"jq .exitCode {laptop.Scratch["report.json"]}"));
    }
}
