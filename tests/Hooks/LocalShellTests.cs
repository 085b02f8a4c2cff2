using System.Diagnostics;
using System.Globalization;
using BackupRunner.Hooks;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Hooks;

public sealed class LocalShellTests : IDisposable
{
    static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    readonly Scratch _scratch = new();
    readonly List<string> _log = [];
    readonly LocalShell _shell;

    public LocalShellTests() => _shell = Of(new Dictionary<string, string>());

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Captures_exit_code_and_both_outputs()
    {
        var result = await _shell.Run(Command("echo out; echo err >&2; exit 7"), Long, Cancel);

        Assert.Equal((7, false, "out\n", "err\n"), (result.ExitCode, result.TimedOut, result.Output.Raw, result.Error.Raw));
        Assert.Equal("exited 7: \"err\"", result.Failure);
        Assert.Equal(["a.command: err", "a.command: out"], Sorted(_log));
    }

    [Fact]
    public async Task Gives_an_empty_input_and_the_environment_of_the_runner()
    {
        var result = await _shell.Run(Command("cat; echo \"$PATH\""), Long, Cancel);

        Assert.Equal(Environment.GetEnvironmentVariable("PATH") + "\n", result.Output.Raw);
    }

    [Theory]
    [InlineData("false; echo on")]
    [InlineData("echo \"$NO_SUCH_VARIABLE_HERE\"; echo on")]
    public async Task A_script_ends_at_the_first_failure_and_at_an_unset_variable(string text)
    {
        Assert.False((await _shell.Run(Script(text), Long, Cancel)).Succeeded);
        Assert.True((await _shell.Run(Command(text), Long, Cancel)).Succeeded);
    }

    [Fact]
    public async Task A_broken_pipe_ends_a_command_as_in_any_shell() =>
        Assert.Equal("y\n", (await _shell.Run(Command("yes | head -n 1"), Long, Cancel)).Output.Raw);

    // A child that ignores SIGTERM, one in a process group of its own (GNU timeout), one in a session of its own, and all hold the pipes.
    [Theory]
    [InlineData("sleep 1000 & echo $! > PIDS; wait")]
    [InlineData("(trap '' TERM; echo $(sh -c 'echo $PPID') > PIDS; while :; do sleep 1000 & wait; done)")]
    [InlineData("timeout 1000 sleep 1001 & echo $! > PIDS; wait")]
    [InlineData("setsid sleep 1000 & echo $! > PIDS; wait")]
    [InlineData("trap '' TERM; echo $$ > PIDS; (sleep 1000 & echo $! >> PIDS; wait) & wait; while :; do sleep 1; done")]
    public async Task A_timeout_ends_a_command_with_all_that_it_started(string text)
    {
        var fifo = _scratch["started"];
        Shell.Run("mkfifo", fifo);
        var pids = _scratch["pids"];
        var timeout = new ManualTime();
        var shell = Of(new Dictionary<string, string>(), new Partly(timeout));
        var run = shell.Run(Command($"(until [ -s {pids} ]; do sleep 0.01; done; echo > {fifo}) & {text.Replace("PIDS", pids, StringComparison.Ordinal)}"), Long, Cancel);
        await File.ReadAllTextAsync(fifo, Cancel);

        timeout.Advance(Long);
        var result = await run;

        Assert.True(result.TimedOut);
        Assert.All(await Pids(pids), AssertGone);
    }

    [Fact]
    public async Task Cancelling_ends_a_command_with_all_that_it_started()
    {
        var fifo = _scratch["started"];
        Shell.Run("mkfifo", fifo);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var run = _shell.Run(Command($"sleep 1000 & echo $! > {fifo}; wait"), Long, stop.Token);
        var started = int.Parse(await File.ReadAllTextAsync(fifo, Cancel), CultureInfo.InvariantCulture);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        AssertGone(started);
    }

    [Fact]
    public async Task A_child_that_keeps_the_pipes_open_is_not_waited_for_and_not_ended()
    {
        var result = await _shell.Run(Command("sleep 1000 & echo $!"), Long, Cancel);

        var left = int.Parse(result.Output.Raw, CultureInfo.InvariantCulture);
        Assert.True(result.Succeeded);
        Assert.True(Directory.Exists($"/proc/{left}"));
        Shell.Run("kill", "-9", left.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_script_is_seen_to_leave_processes_behind()
    {
        // It has its name only once the shell's child has become it.
        var result = await _shell.Run(Script("sleep 1000 > /dev/null 2>&1 & until [ \"$(cat /proc/$!/comm)\" = sleep ]; do :; done; echo $!"), Long, Cancel);

        var left = int.Parse(result.Output.Raw, CultureInfo.InvariantCulture);
        Assert.Equal([$"\"sleep\" (process {left})"], result.StillRunning);
        Shell.Run("kill", "-9", left.ToString(CultureInfo.InvariantCulture));
        Assert.Empty((await _shell.Run(Script("sleep 0 & wait"), Long, Cancel)).StillRunning);
    }

    [Fact]
    public async Task Leaves_no_zombie()
    {
        var result = await _shell.Run(Command("echo $$"), Long, Cancel);

        AssertGone(int.Parse(result.Output.Raw, CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Keeps_the_end_of_much_output()
    {
        var result = await _shell.Run(Command("seq 1 200000; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last"), Long, Cancel);

        Assert.Equal(OutputCapture.TailLength, result.Output.Raw.Length);
        Assert.EndsWith("x\nlast\n", result.Output.Raw, StringComparison.Ordinal);
        Assert.EndsWith("xx...\nlast\n", result.Output.Redacted, StringComparison.Ordinal);
        Assert.True(result.Output.Redacted.Length <= OutputCapture.TailLength);
    }

    [Fact]
    public async Task Secrets_are_neither_logged_nor_in_the_reason_of_a_failure()
    {
        var shell = Of(new() { ["REDISCLI_AUTH"] = "environment-secret" });

        var result = await shell.Run(Command("x --password 'given secret' 2>/dev/null; echo environment-secret; echo 'it is given secret' >&2; exit 1"), Long, Cancel);

        Assert.Equal("environment-secret\n", result.Output.Raw);
        Assert.Equal(["a.command: **redacted**", "a.command: it is **redacted**"], Sorted(_log));
        Assert.DoesNotContain("secret", result.Failure + result, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_the_longest_line_cuts_is_not_shown_in_part()
    {
        var shell = Of(new() { ["API_TOKEN"] = "0123456789abcdef" });

        var result = await shell.Run(Command("head -c 4090 /dev/zero | tr '\\0' .; echo 0123456789abcdef"), Long, Cancel);

        Assert.DoesNotContain("0", result.Output.Redacted, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Control_characters_do_not_reach_the_terminal()
    {
        await _shell.Run(Command("printf '\\033[31mred\\a\\n'"), Long, Cancel);

        Assert.Equal(["a.command: \\x1b[31mred\\x07"], _log);
    }

    [Fact]
    public async Task A_command_that_no_kernel_takes_is_an_error_of_the_policy()
    {
        var longer = await Assert.ThrowsAsync<RunnerException>(() => _shell.Run(Command($": {new string('x', 128 * 1024)}"), Long, Cancel));
        var nul = await Assert.ThrowsAsync<RunnerException>(() => _shell.Run(Command("echo \0"), Long, Cancel));

        Assert.Equal((ExitCode.Usage, "a.command is longer than 128 KiB"), (longer.ExitCode, longer.Message));
        Assert.Equal(ExitCode.Usage, nul.ExitCode);
    }

    [Fact]
    public async Task A_held_command_signals_and_ends_when_its_input_is_closed()
    {
        await using var held = await _shell.Hold(Command("echo about to; echo READY; cat; echo released"), "READY", Cancel);
        await held.Signalled.WaitAsync(Cancel);
        Assert.False(held.Ended.IsCompleted);

        await held.CloseInput();
        var result = await held.Ended.WaitAsync(Cancel);

        Assert.EndsWith("released\n", result.Output.Raw, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_held_command_that_is_disposed_is_ended()
    {
        var held = await _shell.Hold(Command("echo $$; echo READY; exec sleep 1000"), "READY", Cancel);
        await held.Signalled.WaitAsync(Cancel);

        await held.DisposeAsync();

        AssertGone(int.Parse((await held.Ended).Output.Raw.Split('\n')[0], CultureInfo.InvariantCulture));
    }

    // The process that is killed is this test assembly itself, at HoldsForEver. A later child of it must not inherit the pipe either.
    [Fact]
    public async Task A_hold_lets_go_when_the_runner_is_killed()
    {
        var fifo = _scratch["fifo"];
        Shell.Run("mkfifo", fifo);
        var start = new ProcessStartInfo("dotnet",
            [typeof(LocalShellTests).Assembly.Location, "-explicit", "only", "-method", $"{typeof(LocalShellTests).FullName}.{nameof(HoldsForEver)}"])
        { RedirectStandardOutput = true };
        start.Environment["BR_TEST_HOLD"] = fifo;
        using var runner = Process.Start(start)!;
        var child = await File.ReadAllTextAsync(fifo, Cancel);
        Assert.Matches("^[0-9]+\n$", child);

        runner.Kill();
        await runner.WaitForExitAsync(Cancel);

        Assert.Equal("released\n", await File.ReadAllTextAsync(fifo, Cancel));
        Shell.Run("kill", "-9", child.Trim());
    }

    [Fact(Explicit = true)]
    public async Task HoldsForEver()
    {
        var fifo = Environment.GetEnvironmentVariable("BR_TEST_HOLD");
        Assert.SkipWhen(fifo is null, "a part of A_hold_lets_go_when_the_runner_is_killed");
        await using var held = await _shell.Hold(Command($"echo READY; cat; echo released > {fifo}"), "READY", Cancel);
        await held.Signalled;
        // The child says its own process id once it has inherited whatever there is to inherit.
        await _shell.Run(Command($"sleep 1000 > /dev/null 2>&1 & echo $! > {fifo}; wait"), Long, Cancel);
    }

    static ShellCommand Command(string text) => new("a.command", text);

    static ShellCommand Script(string text) => new("a.script", text, IsScript: true);

    LocalShell Of(Dictionary<string, string> environment, TimeProvider? time = null) =>
        new(Redaction.Of(environment), line => { lock (_log) { _log.Add(line); } }, time ?? TimeProvider.System);

    static async Task<int[]> Pids(string file) =>
        [.. (await File.ReadAllLinesAsync(file, Cancel)).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];

    static IEnumerable<string> Sorted(IEnumerable<string> lines) => lines.Order(StringComparer.Ordinal);

    // An orphan is reaped by init, which may take its time: a zombie has ended.
    static void AssertGone(int id)
    {
        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{id}/stat");
        }
        catch (IOException)
        {
            return;
        }
        Assert.True(stat.Length == 0 || stat[stat.LastIndexOf(')')..].StartsWith(") Z", StringComparison.Ordinal), $"still runs: {stat}");
    }

    /// <summary>The real clock, but the timeout of a run (five minutes) is the test's.</summary>
    sealed class Partly(ManualTime manual) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            dueTime == Long ? manual.CreateTimer(callback, state, dueTime, period) : base.CreateTimer(callback, state, dueTime, period);
    }
}
