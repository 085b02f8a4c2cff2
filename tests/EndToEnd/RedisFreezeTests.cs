using System.Globalization;
using BackupRunner.Posix;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>A Redis that takes no writes while it is archived, whatever becomes of the run.</summary>
public sealed class RedisFreezeTests : IDisposable
{
    readonly Scratch scratch = new();
    readonly ArchiveGate gate = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        gate.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public async Task Writes_wait_until_the_archive_is_complete()
    {
        await using var server = await RedisServer.Start(Cancel, folder: scratch.Folder("data"));
        await using var run = Start(Policy(server));
        using var client = await Client(server);

        await gate.Reached(run);
        var write = await FrozenWrite(server, client);
        gate.Open();

        (await run.Ended).Exited(0);
        await AssertThawed(write);
        Assert.Empty(Marks);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_thaws_and_leaves_nothing(string signal)
    {
        await using var server = await RedisServer.Start(Cancel, folder: scratch.Folder("data"));
        await using var run = Start(Policy(server));
        using var client = await Client(server);
        await gate.Reached(run);
        var write = await FrozenWrite(server, client);

        run.Signal(signal);

        var result = (await run.Ended).Exited(143);
        await AssertThawed(write);
        Assert.Contains("error: stopped by a signal", result.Error, StringComparison.Ordinal);
        Assert.Empty(Marks);
        Assert.Empty(Stored);
    }

    [Fact]
    public async Task A_run_that_is_killed_leaves_its_mark_and_the_next_run_thaws_first()
    {
        await using var server = await RedisServer.Start(Cancel, folder: scratch.Folder("data"));
        var policy = Policy(server);
        using var client = await Client(server);
        Task<object?> write;
        await using (var killed = Start(policy))
        {
            await gate.Reached(killed);
            write = await FrozenWrite(server, client);
            killed.Signal("KILL");
            (await killed.Ended).Exited(128 + 9);
        }
        var mark = await File.ReadAllTextAsync(Assert.Single(Marks), Cancel);
        Assert.False(write.IsCompleted);

        var next = (await Runner.Run(Arguments(policy))).Exited(0);

        await AssertThawed(write);
        var thawed = Assert.Single(next.Error.Split('\n'), line => line.Contains("was killed while it had it frozen", StringComparison.Ordinal));
        var id = thawed.Split('"')[1];
        Assert.Contains(id, mark, StringComparison.Ordinal);
        Assert.InRange(
            next.Error.IndexOf("freeze.thaw: ", StringComparison.Ordinal), 0, next.Error.IndexOf("consistency command", StringComparison.Ordinal));
        Assert.Empty(Marks);
        Assert.Equal(1, Stored.Count(file => file.EndsWith("/backup.json", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_freeze_that_lasts_too_long_is_ended_and_fails_the_run()
    {
        await using var server = await RedisServer.Start(Cancel, folder: scratch.Folder("data"));
        await using var run = Start(Policy(server, timeout: "3s"));
        using var client = await Client(server);

        // Nobody lets it through the gate.
        var result = (await run.Ended).Exited(3);

        Assert.Contains("the archive took longer than the workload may be frozen, 3s", result.Error, StringComparison.Ordinal);
        await AssertThawed(client.Call(Cancel, "SET", "key", "value"));
        Assert.Empty(Marks);
        Assert.Empty(Stored);
    }

    [Fact]
    public async Task A_signal_during_a_backup_script_thaws_and_ends_all_that_the_script_started()
    {
        await using var server = await RedisServer.Start(Cancel, folder: scratch.Folder("data"));
        Shell.Run("mkfifo", scratch["reached"]);
        var policy = Policy(server, commands: $$$"""
              commands:
                backup: |
                  echo half > {{ Backup.archivePath }}
                  sleep 1000 & echo "$!" > {{{scratch["reached"]}}}
                  wait
            """);
        await using var run = Runner.Start([.. Arguments(policy), "--archive-path", scratch["archive/backup.tar.gz"]]);
        using var client = await Client(server);
        var started = int.Parse(Shell.Run("timeout", "60", "cat", scratch["reached"]), CultureInfo.InvariantCulture);
        var write = await FrozenWrite(server, client);

        run.Signal("TERM");

        (await run.Ended).Exited(143);
        await AssertThawed(write);
        Assert.DoesNotContain(ProcessEntry.All(), process => process.Id == started && !process.IsZombie);
        Assert.Empty(Directory.GetFiles(scratch["archive"]));
        Assert.Empty(Marks);
        Assert.Empty(Stored);
    }

    [Fact]
    public async Task A_hold_keeps_its_lock_until_the_archive_is_complete()
    {
        await using var run = Start(HoldPolicy("cat"));
        await gate.Reached(run);
        Assert.False(Unlocked());

        gate.Open();

        (await run.Ended).Exited(0);
        Assert.True(Unlocked());
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("KILL", 128 + 9)]
    public async Task A_signal_lets_go_of_a_hold(string signal, int exitCode)
    {
        await using var run = Start(HoldPolicy("cat"));
        await gate.Reached(run);

        run.Signal(signal);

        (await run.Ended).Exited(exitCode);
        // Whoever is killed cannot wait for its hold to end.
        Shell.Run("flock", "--timeout", "60", scratch["lock"], "true");
        Assert.Empty(Marks);
        Assert.DoesNotContain(Stored, file => file.EndsWith("/backup.json", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_hold_that_ends_before_the_archive_does_fails_the_run()
    {
        Shell.Run("mkfifo", scratch["end"]);
        await using var run = Start(HoldPolicy($"cat {scratch["end"]}; exit 7"));
        await gate.Reached(run);

        Shell.Run("timeout", "60", "sh", "-c", "echo > \"$1\"", "end", scratch["end"]);

        var result = (await run.Ended).Exited(3);
        Assert.Contains("backup.settings.consistency.freeze.hold ended before the archive was complete: it exited 7", result.Error, StringComparison.Ordinal);
        Assert.Empty(Stored);
    }

    RunnerCall Runner => new(scratch.Folder("state"));

    /// <summary>By the gate. SIGINT may be ignored where these tests were started, and would be in what they start.</summary>
    RunningRunner Start(string policy) => (Runner with
    {
        Prefix = ["env", "--default-signal=INT"],
        Variables = new Dictionary<string, string> { ["PATH"] = gate.Path },
    }).Start(Arguments(policy));

    string[] Arguments(string policy) => ["backup", "--policy", policy, "--data", scratch.Folder("data"), "--store", scratch["store"]];

    IEnumerable<string> Marks => Directory.Exists(scratch["state/backup-runner/frozen"]) ? Directory.GetFiles(scratch["state/backup-runner/frozen"]) : [];

    IEnumerable<string> Stored => Directory.Exists(scratch["store"]) ? Directory.GetFiles(scratch["store"], "*", SearchOption.AllDirectories) : [];

    string Policy(RedisServer server, string timeout = "5m", string commands = "") => scratch.File("policy.yaml", $"""
        backup:
          settings:
            consistency:
              enabled: true
              command: {Cli(server)} BGSAVE
              freeze:
                command: {Cli(server)} CLIENT PAUSE 600000 WRITE
                thaw: {Cli(server)} CLIENT UNPAUSE
                timeout: {timeout}
        {commands}
        """);

    string HoldPolicy(string held) => scratch.File("policy.yaml", $"""
        backup:
          settings:
            consistency:
              enabled: true
              command: "true"
              freeze:
                hold: exec 9> {scratch["lock"]}; flock 9; echo READY; {held}
        """);

    static string Cli(RedisServer server) => $"REDISCLI_AUTH={server.Password} redis-cli -p {server.Port.ToString(CultureInfo.InvariantCulture)}";

    static Task<RedisConnection> Client(RedisServer server) => RedisConnection.Open(server.Port, server.Password, Cancel);

    /// <summary>Begins a write and waits until the server has put it off.</summary>
    static async Task<Task<object?>> FrozenWrite(RedisServer server, RedisConnection client)
    {
        var write = client.Call(Cancel, "SET", "key", "value");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(TimeSpan.FromMinutes(1));
        while (!server.Cli("INFO", "clients").Contains("blocked_clients:1\r", StringComparison.Ordinal))
            await Task.Delay(20, deadline.Token);
        Assert.False(write.IsCompleted);
        return write;
    }

    static async Task AssertThawed(Task<object?> write) => Assert.Equal("OK", await write.WaitAsync(TimeSpan.FromMinutes(1), Cancel));

    bool Unlocked() => Shell.Try("flock", "--nonblock", scratch["lock"], "true").ExitCode == 0;
}
