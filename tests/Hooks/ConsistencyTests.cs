using BackupRunner.Hooks;
using BackupRunner.Reports;

namespace BackupRunner.Tests.Hooks;

/// <summary>What cannot be seen with a real server: rare replies, and time.</summary>
public sealed class ConsistencyTests
{
    const string Idle = "rdb_bgsave_in_progress:0\r\nrdb_last_save_time:100\r\nrdb_last_bgsave_status:ok\r\nrdb_saves:4\r\n";

    readonly ManualTime _time = new() { Leaps = true };
    readonly RecordingShell _shell = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_wait_command_the_end_of_the_command_is_completion()
    {
        Assert.Equal(ConsistencyOutcome.Completed, (await Run(Step("flush", null))).Outcome);
        Assert.Equal(["flush"], _shell.Ran);
    }

    [Fact]
    public async Task Polls_the_wait_command_until_it_exits_0()
    {
        Answers("flush", RecordingShell.Fine);
        Answers("flushed?", RecordingShell.Prints("", 1), RecordingShell.Prints("", 1), RecordingShell.Fine);

        var result = await Run(Step("flush", "flushed?"));

        Assert.Equal(ConsistencyOutcome.Waited, result.Outcome);
        Assert.Equal(["flush", "flushed?", "flushed?", "flushed?"], _shell.Ran);
        Assert.Equal(TimeSpan.FromMilliseconds(150), result.Took);
    }

    [Fact]
    public async Task Does_not_wait_when_told_not_to()
    {
        await Run(Step("flush", "flushed?") with { WaitForCompletion = false });

        Assert.Equal(["flush"], _shell.Ran);
    }

    [Fact]
    public async Task The_timeout_covers_the_wait_and_says_what_the_last_try_was()
    {
        Answers("flushed?", RecordingShell.Prints("", 1, "still 3 tables"));

        var error = await Fails(Step("flush", "flushed?"));

        Assert.Equal("backup.settings.consistency.waitCommand did not exit 0 within 30s; the last try exited 1: \"still 3 tables\"", error.Message);
        Assert.Equal(TimeSpan.FromSeconds(30), TimeSpan.FromTicks(_time.GetTimestamp() - new ManualTime().GetTimestamp()));
    }

    [Fact]
    public async Task A_command_that_fails_is_not_waited_for()
    {
        Answers("flush", RecordingShell.Prints("", 127, "sh: flush: not found"));

        var error = await Fails(Step("flush", "flushed?"));

        Assert.Equal("backup.settings.consistency.command exited 127 (command not found): \"sh: flush: not found\"", error.Message);
        Assert.Equal(["flush"], _shell.Ran);
    }

    [Fact]
    public async Task A_BGSAVE_inside_of_a_larger_command_waits_by_the_wait_command()
    {
        Answers("sh -c 'redis-cli BGSAVE'", RecordingShell.Prints("Background saving started\n"));

        Assert.Equal(ConsistencyOutcome.Waited, (await Run(Step("sh -c 'redis-cli BGSAVE'", "saved?"))).Outcome);
        Assert.Equal(["sh -c 'redis-cli BGSAVE'", "saved?"], _shell.Ran);
    }

    [Theory]
    [InlineData("NOAUTH Authentication required.\n")]
    [InlineData("ERR Background save already in progress\n")]
    [InlineData("(error) MISCONF Redis is configured to save RDB snapshots\n")]
    public async Task A_refused_BGSAVE_inside_of_a_larger_command_is_seen(string reply)
    {
        Answers("sh -c 'redis-cli BGSAVE'", RecordingShell.Prints(reply));

        await Fails(Step("sh -c 'redis-cli BGSAVE'", "saved?"));
        Assert.Single(_shell.Ran);
    }

    [Theory]
    [InlineData("")]
    [InlineData("OK\n")]
    [InlineData("Background append only file rewriting started\n")]
    public async Task Only_the_text_of_the_reply_is_the_start_of_a_save(string reply)
    {
        Answers("redis-cli INFO persistence", RecordingShell.Prints(Idle));
        Answers("redis-cli BGSAVE", RecordingShell.Prints(reply));

        Assert.Contains("did not say that a save has begun", (await Fails(Step("redis-cli BGSAVE", null))).Message, StringComparison.Ordinal);
        await Fails(Step("redis-cli BGSAVE", null) with { WaitForCompletion = false });
    }

    // A failed save from before, nothing in progress: a scheduled save has not begun yet, and neither of the two is its own.
    [Fact]
    public async Task A_scheduled_save_is_not_taken_for_finished_before_it_has_begun()
    {
        var failedBefore = Idle.Replace("ok", "err", StringComparison.Ordinal);
        var running = Idle.Replace("progress:0", "progress:1", StringComparison.Ordinal);
        var saved = Idle.Replace("100", "160", StringComparison.Ordinal).Replace("saves:4", "saves:5", StringComparison.Ordinal);
        Answers("redis-cli BGSAVE SCHEDULE", RecordingShell.Prints("Background saving scheduled\n"));
        Answers("redis-cli INFO persistence", [.. new[] { failedBefore, failedBefore, failedBefore, running, saved }.Select(info => RecordingShell.Prints(info))]);

        Assert.Equal(ConsistencyOutcome.Saved, (await Run(Step("redis-cli BGSAVE SCHEDULE", null))).Outcome);
        Assert.Equal(6, _shell.Ran.Count);
    }

    [Theory]
    [InlineData("rdb_bgsave_in_progress:0\r\nrdb_last_save_time:101\r\nrdb_last_bgsave_status:ok\r\nrdb_saves:5\r\n", true)]
    [InlineData("rdb_bgsave_in_progress:0\r\nrdb_last_save_time:100\r\nrdb_last_bgsave_status:err\r\nrdb_saves:5\r\n", false)]
    public async Task A_scheduled_save_that_is_over_at_the_first_look_is_seen_by_the_count_of_saves(string after, bool good)
    {
        Answers("redis-cli BGSAVE SCHEDULE", RecordingShell.Prints("Background saving scheduled\n"));
        Answers("redis-cli INFO persistence", RecordingShell.Prints(Idle), RecordingShell.Prints(after));

        if (good)
            await Run(Step("redis-cli BGSAVE SCHEDULE", null));
        else
            Assert.Contains("failed in the background", (await Fails(Step("redis-cli BGSAVE SCHEDULE", null))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_servers_the_slowest_is_waited_for_and_one_failure_is_a_failure()
    {
        const string command = "redis-cli --cluster call h:1 BGSAVE", info = "redis-cli --cluster call h:1 INFO persistence";
        var saved = Idle.Replace("100", "160", StringComparison.Ordinal);
        var running = Idle.Replace("progress:0", "progress:1", StringComparison.Ordinal);
        Answers(command, RecordingShell.Prints("h:1: Background saving started\nh:2: Background saving started\n"));
        Answers(info, [.. new[] { Idle + Idle, running + saved, saved + running, saved + saved }.Select(text => RecordingShell.Prints(text))]);

        await Run(Step(command, null));
        Assert.Equal(5, _shell.Ran.Count);

        Answers(info, RecordingShell.Prints(Idle + Idle), RecordingShell.Prints(saved + saved.Replace("ok", "err", StringComparison.Ordinal)));
        await Fails(Step(command, null));
    }

    [Fact]
    public async Task A_reply_without_the_field_names_the_way_out()
    {
        Answers("redis-cli INFO persistence", RecordingShell.Prints("# Persistence\r\n"));

        var error = await Fails(Step("redis-cli BGSAVE", null));

        Assert.Contains("waitCommand", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_dies_during_the_save_is_an_error()
    {
        Answers("redis-cli BGSAVE", RecordingShell.Prints("Background saving started\n"));
        Answers("redis-cli INFO persistence", RecordingShell.Prints(Idle),
            RecordingShell.Prints("", 1, "Could not connect to Redis at 127.0.0.1:6379: Connection refused\n"));

        Assert.Contains("cannot reach the server", (await Fails(Step("redis-cli BGSAVE", null))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_the_wait()
    {
        using var stop = new CancellationTokenSource();
        _shell.Answer = async (command, _) =>
        {
            if (command.IsPoll)
                await stop.CancelAsync();
            return command.IsPoll ? RecordingShell.Prints("", 1) : RecordingShell.Fine;
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Consistency(_shell, _time).Run(Step("flush", "flushed?"), stop.Token));
    }

    static ConsistencyStep Step(string command, string? wait) => new(command, true, wait, TimeSpan.FromSeconds(30));

    readonly Dictionary<string, Queue<ShellResult>> _answers = [];

    /// <summary>One answer after the other; the last again and again.</summary>
    void Answers(string command, params ShellResult[] results)
    {
        _answers[command] = new Queue<ShellResult>(results);
        _shell.Answer = (asked, _) =>
        {
            if (!_answers.TryGetValue(asked.Text, out var queue))
                return Task.FromResult(RecordingShell.Fine);
            return Task.FromResult(queue.Count > 1 ? queue.Dequeue() : queue.Peek());
        };
    }

    Task<ConsistencyResult> Run(ConsistencyStep step) => new Consistency(_shell, _time).Run(step, Cancel);

    async Task<RunnerException> Fails(ConsistencyStep step)
    {
        var error = await Assert.ThrowsAsync<RunnerException>(() => Run(step));
        Assert.Equal(ExitCode.Command, error.ExitCode);
        return error;
    }
}
