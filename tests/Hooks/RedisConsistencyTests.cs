using BackupRunner.Hooks;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;
using ShellResult = BackupRunner.Hooks.ShellResult;

namespace BackupRunner.Tests.Hooks;

/// <summary>Against real servers.</summary>
public sealed class RedisConsistencyTests
{
    readonly List<string> _log = [];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("BGSAVE")]
    [InlineData("bgsave schedule")]
    public async Task Waits_until_the_save_is_on_disk(string command)
    {
        await using var server = await RedisServer.Start(Cancel);
        server.Cli("DEBUG", "POPULATE", "1000", "k", "40");
        server.Cli("CONFIG", "SET", "rdb-key-save-delay", "500");

        var result = await Run(Step(server, command));

        Assert.Equal(ConsistencyOutcome.Saved, result.Outcome);
        Assert.Equal(("0", "ok"), (server.Persistence("rdb_bgsave_in_progress"), server.Persistence("rdb_last_bgsave_status")));
        Assert.True(new FileInfo(server.DumpFile).Length > 10_000);
    }

    // The server shows when its last good save ended in seconds only, and a save of nothing takes less.
    [Fact]
    public async Task Saves_again_when_two_saves_end_in_one_second()
    {
        await using var server = await RedisServer.Start(Cancel);
        for (var i = 0; i < 3; i++)
            Assert.Equal(ConsistencyOutcome.Saved, (await Run(Step(server))).Outcome);
    }

    [Fact]
    public async Task A_save_in_progress_is_an_error_of_its_own()
    {
        await using var server = await RedisServer.Start(Cancel);
        server.SlowSaves();
        server.Cli("BGSAVE");

        var error = await Fails(Step(server));

        Assert.Contains("a save that is not ours is already in progress", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_save_that_fails_in_the_background_is_an_error_of_its_own()
    {
        await using var server = await RedisServer.Start(Cancel);
        Shell.Run("chmod", "500", server.Folder);

        var error = await Fails(Step(server));

        Assert.Contains("the save failed in the background (rdb_last_bgsave_status:err)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_good_save_after_a_failed_one_is_good()
    {
        await using var server = await RedisServer.Start(Cancel);
        Shell.Run("chmod", "500", server.Folder);
        await Fails(Step(server));
        Shell.Run("chmod", "700", server.Folder);

        Assert.Equal(ConsistencyOutcome.Saved, (await Run(Step(server))).Outcome);
    }

    [Fact]
    public async Task A_save_that_the_server_drops_silently_is_an_error_of_its_own()
    {
        await using var server = await RedisServer.Start(Cancel);
        server.SlowSaves();
        // Each save is cut off as FLUSHALL does it, which the server counts as no failure.
        var flushing = new InterveningShell(Local(), command =>
        {
            if (!command.IsPoll)
                server.SlowSaves();
            else if (server.Persistence("rdb_bgsave_in_progress") == "1")
                server.Cli("FLUSHALL");
        });

        var error = await Assert.ThrowsAsync<RunnerException>(() => new Consistency(flushing, TimeProvider.System).Run(Step(server), Cancel));

        Assert.Equal(ExitCode.Command, error.ExitCode);
        Assert.Contains("shows no finished save", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_an_error_of_its_own_and_is_not_shown()
    {
        await using var server = await RedisServer.Start(Cancel);

        var wrong = await Fails(Step(server, client: $"redis-cli -p {server.Port} -a wrong-horse"));
        var none = await Fails(Step(server, client: $"env -u REDISCLI_AUTH redis-cli -p {server.Port}"));

        Assert.Contains("the server refused the password", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("the server asks for a password", none.Message, StringComparison.Ordinal);
        Assert.Contains("REDISCLI_AUTH", none.Hint, StringComparison.Ordinal);
        Assert.DoesNotContain("horse", string.Join('\n', _log) + wrong + none, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_an_error_without_a_wait_too()
    {
        await using var server = await RedisServer.Start(Cancel);

        var error = await Fails(Step(server, client: $"redis-cli -p {server.Port} -a wrong-horse") with { WaitForCompletion = false });

        Assert.Contains("the server refused the password", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_nobody_asked_for_is_no_error()
    {
        await using var server = await RedisServer.Start(Cancel, password: "");

        Assert.Equal(ConsistencyOutcome.Saved, (await Run(Step(server, client: $"REDISCLI_AUTH=needless redis-cli -p {server.Port}"))).Outcome);
    }

    [Fact]
    public async Task A_save_longer_than_the_timeout_is_an_error_of_its_own()
    {
        await using var server = await RedisServer.Start(Cancel);
        server.SlowSaves();

        var error = await Fails(Step(server) with { Timeout = TimeSpan.FromSeconds(1) });

        Assert.Equal("the save did not finish within 1s (backup.settings.consistency.timeout)", error.Message);
    }

    [Fact]
    public async Task A_server_that_answers_nothing_is_ended_by_the_timeout()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;

        var error = await Fails(new ConsistencyStep($"redis-cli -p {port} BGSAVE", false, null, TimeSpan.FromSeconds(1)));

        Assert.Equal("backup.settings.consistency.command did not end within 1s and was ended", error.Message);
    }

    [Fact]
    public async Task A_server_that_does_not_run_is_an_error_of_its_own()
    {
        var error = await Fails(new ConsistencyStep($"redis-cli -p {FreePort.Next()} BGSAVE", true, null, TimeSpan.FromSeconds(30)));

        Assert.Contains("cannot reach the server", error.Message, StringComparison.Ordinal);
        Assert.Contains("Connection refused", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_who_may_not_is_an_error_of_its_own()
    {
        await using var server = await RedisServer.Start(Cancel);
        server.Cli("ACL", "SETUSER", "reader", "on", ">reader-pw", "+info");

        var error = await Fails(Step(server, client: $"REDISCLI_AUTH=reader-pw redis-cli --user reader -p {server.Port}"));

        Assert.Contains("the user may not run this", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_save_during_a_rewrite_says_how_to_schedule_it_and_a_scheduled_one_waits()
    {
        await using var server = await RedisServer.Start(Cancel, arguments: ["--appendonly", "yes", "--aof-use-rdb-preamble", "yes"]);
        // A rewrite that takes ten seconds, so that it is not over before it is looked at on a busy machine; and a save that takes none.
        server.Cli("DEBUG", "POPULATE", "10000", "k", "40");
        server.Cli("CONFIG", "SET", "rdb-key-save-delay", "1000");
        server.Cli("BGREWRITEAOF");

        var error = await Fails(Step(server));
        var rewriting = server.Persistence("aof_rewrite_in_progress");
        server.Cli("CONFIG", "SET", "rdb-key-save-delay", "0");
        var saved = await Run(Step(server, "BGSAVE SCHEDULE"));

        Assert.Contains("use \"BGSAVE SCHEDULE\"", error.Hint, StringComparison.Ordinal);
        Assert.Equal("1", rewriting);
        Assert.Equal(ConsistencyOutcome.Saved, saved.Outcome);
        Assert.True(File.Exists(server.DumpFile));
    }

    [Fact]
    public async Task A_redis_command_that_is_refused_is_an_error_though_it_exits_0()
    {
        await using var server = await RedisServer.Start(Cancel);

        var error = await Fails(new ConsistencyStep($"redis-cli -p {server.Port} SAVE", true, null, TimeSpan.FromSeconds(30)));

        Assert.Contains("the server asks for a password", error.Message, StringComparison.Ordinal);
    }

    static ConsistencyStep Step(RedisServer server, string command = "BGSAVE", string? client = null) =>
        new($"{client ?? $"REDISCLI_AUTH={server.Password} redis-cli -p {server.Port}"} {command}", true, null, TimeSpan.FromSeconds(60));

    LocalShell Local() => new(Redaction.Of(new Dictionary<string, string>()), line => { lock (_log) { _log.Add(line); } }, TimeProvider.System);

    Task<ConsistencyResult> Run(ConsistencyStep step) => new Consistency(Local(), TimeProvider.System).Run(step, Cancel);

    async Task<RunnerException> Fails(ConsistencyStep step)
    {
        var error = await Assert.ThrowsAsync<RunnerException>(() => Run(step));
        Assert.Equal(ExitCode.Command, error.ExitCode);
        return error;
    }

    sealed class InterveningShell(IWorkloadShell inner, Action<ShellCommand> before) : IWorkloadShell
    {
        public Task<ShellResult> Run(ShellCommand command, TimeSpan timeout, CancellationToken cancel)
        {
            before(command);
            return inner.Run(command, timeout, cancel);
        }

        public Task<IHeldCommand> Hold(ShellCommand command, string signal, CancellationToken cancel) => inner.Hold(command, signal, cancel);
    }
}
