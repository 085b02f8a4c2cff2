using BackupRunner.Hooks;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Hooks;

public sealed class FreezeTests : IDisposable
{
    static readonly FreezeStep ByCommand = new("freeze", "thaw", null, TimeSpan.FromMinutes(5));
    static readonly FreezeStep ByHold = new(null, null, "hold", TimeSpan.FromMinutes(5));

    readonly Scratch _scratch = new();
    readonly RecordingShell _shell = new();
    readonly ManualTime _time = new();
    readonly CancellationTokenSource _run = new();
    readonly FrozenMarkFile _mark;
    readonly Freeze _freeze;

    public FreezeTests()
    {
        _mark = new FrozenMarkFile(_scratch["state/frozen.json"]);
        _freeze = new Freeze(_shell, _mark, _time);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _run.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Is_marked_before_it_freezes_and_until_it_is_thawed()
    {
        var marked = new List<string>();
        _shell.Answer = async (command, _) =>
        {
            marked.Add($"{command.Text}: {(await _mark.Read(Cancel))?.BackupId}");
            return RecordingShell.Fine;
        };

        var result = await _freeze.During(ByCommand, "id-1", async _ =>
        {
            marked.Add($"archive: {(await _mark.Read(Cancel))!.BackupId}");
            return 42;
        }, _run.Token);

        Assert.Equal(42, result);
        Assert.Equal(["freeze: id-1", "archive: id-1", "thaw: id-1"], marked);
        Assert.Null(await _mark.Read(Cancel));
    }

    [Fact]
    public async Task Does_not_freeze_what_it_cannot_mark()
    {
        var freeze = new Freeze(_shell, new FrozenMarkFile("/proc/none/mark"), _time);

        await Assert.ThrowsAsync<RunnerException>(() => freeze.During(ByCommand, "id", Archive, _run.Token));

        Assert.Empty(_shell.Ran);
    }

    [Fact]
    public async Task Thaws_after_the_archive_failed_and_throws_its_error()
    {
        var full = new RunnerException(ExitCode.Storage, "the store is full");

        var error = await Assert.ThrowsAsync<RunnerException>(() => _freeze.During<int>(ByCommand, "id", _ => throw full, _run.Token));

        Assert.Same(full, error);
        await Thawed();
    }

    [Fact]
    public async Task Thaws_after_a_signal()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _freeze.During(ByCommand, "id", async cancel =>
        {
            await _run.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancel);
            return 0;
        }, _run.Token));

        await Thawed();
    }

    [Fact]
    public async Task Thaws_after_a_signal_during_the_freeze_command()
    {
        _shell.Answer = async (command, cancel) =>
        {
            if (command.Text == "freeze")
                await _run.CancelAsync();
            cancel.ThrowIfCancellationRequested();
            return RecordingShell.Fine;
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _freeze.During(ByCommand, "id", Archive, _run.Token));

        await Thawed();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Thaws_after_a_freeze_that_failed_half_way(bool timesOut)
    {
        _shell.Answer = (command, _) => Task.FromResult(command.Text != "freeze" ? RecordingShell.Fine
            : timesOut ? RecordingShell.TimesOut() : RecordingShell.Prints("", 1, "one of two tables"));

        var error = await Fails(_freeze.During<int>(ByCommand, "id", _ => throw new InvalidOperationException("not frozen"), _run.Token));

        Assert.Equal(
            timesOut ? "backup.settings.consistency.freeze.command did not end within 5m and was ended"
                : "backup.settings.consistency.freeze.command exited 1: \"one of two tables\"", error.Message);
        await Thawed();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Thaws_and_fails_when_the_archive_takes_longer_than_the_timeout(bool deaf)
    {
        var error = await Fails(_freeze.During(ByCommand, "id", async cancel =>
        {
            _time.Advance(TimeSpan.FromMinutes(5));
            Assert.True(cancel.IsCancellationRequested);
            if (!deaf)
                await Task.Delay(Timeout.Infinite, cancel);
            return 0;
        }, _run.Token));

        Assert.Equal("the archive took longer than the workload may be frozen, 5m", error.Message);
        await Thawed();
    }

    [Fact]
    public async Task The_time_of_the_freeze_command_counts()
    {
        _shell.Answer = (command, _) =>
        {
            if (command.Text == "freeze")
                _time.Advance(TimeSpan.FromMinutes(4));
            return Task.FromResult(RecordingShell.Fine);
        };

        await Fails(_freeze.During(ByCommand, "id", cancel =>
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            return Task.FromResult(0);
        }, _run.Token));
    }

    [Theory]
    [InlineData("none", "the workload could not be thawed: backup.settings.consistency.freeze.thaw exited 1: \"locked\"")]
    [InlineData("storage", "the workload could not be thawed: backup.settings.consistency.freeze.thaw exited 1: \"locked\"; the backup had failed before: full")]
    [InlineData("signal", "the workload could not be thawed: backup.settings.consistency.freeze.thaw exited 1: \"locked\"; the backup had been stopped before")]
    public async Task A_thaw_that_fails_is_tried_again_then_loud_and_stays_marked(string before, string message)
    {
        _shell.Answer = (command, _) => Task.FromResult(command.Text == "thaw" ? RecordingShell.Prints("", 1, "locked") : RecordingShell.Fine);
        var freeze = new Freeze(_shell, _mark, new LeapingWaits());

        var error = await Fails(freeze.During(ByCommand, "id", async cancel =>
        {
            if (before == "storage")
                throw new RunnerException(ExitCode.Storage, "full");
            if (before == "signal")
            {
                await _run.CancelAsync();
                cancel.ThrowIfCancellationRequested();
            }
            return 0;
        }, _run.Token));

        Assert.Equal(message, error.Message);
        Assert.Contains(_mark.Address, error.Hint, StringComparison.Ordinal);
        Assert.Equal(["freeze", "thaw", "thaw", "thaw"], _shell.Ran);
        Assert.NotNull(await _mark.Read(Cancel));
    }

    [Fact]
    public async Task A_thaw_that_succeeds_at_the_second_try_is_a_thaw()
    {
        var tries = 0;
        _shell.Answer = (command, _) => Task.FromResult(command.Text == "thaw" && ++tries == 1 ? RecordingShell.Prints("", 1) : RecordingShell.Fine);
        var freeze = new Freeze(_shell, _mark, new LeapingWaits());

        Assert.Equal(7, await freeze.During(ByCommand, "id", _ => Task.FromResult(7), _run.Token));
        Assert.Null(await _mark.Read(Cancel));
    }

    [Fact]
    public async Task A_leftover_is_thawed_once()
    {
        await _mark.Write(new Frozen("id-killed", _time.GetUtcNow()), Cancel);

        Assert.Equal("id-killed", (await _freeze.ThawLeftover("thaw", Cancel))?.BackupId);
        Assert.Null(await _freeze.ThawLeftover("thaw", Cancel));
        Assert.Equal(["thaw"], _shell.Ran);
    }

    [Fact]
    public async Task A_leftover_that_cannot_be_thawed_stays_marked()
    {
        await _mark.Write(new Frozen("id-killed", _time.GetUtcNow()), Cancel);
        _shell.Answer = (_, _) => Task.FromResult(RecordingShell.Prints("", 1));
        var freeze = new Freeze(_shell, _mark, new ManualTime { Leaps = true });

        await Fails(freeze.ThawLeftover("thaw", Cancel));
        var without = await Fails(freeze.ThawLeftover(null, Cancel));

        Assert.Contains("id-killed", without.Message, StringComparison.Ordinal);
        Assert.NotNull(await _mark.Read(Cancel));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"backupId\"")]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task A_mark_that_cannot_be_read_is_a_mark(string content)
    {
        _scratch.File("state/frozen.json", content);

        Assert.NotNull(await _freeze.ThawLeftover("thaw", Cancel));
        Assert.False(File.Exists(_mark.Address));
    }

    [Fact]
    public async Task A_hold_is_let_go_after_the_archive_and_leaves_no_mark()
    {
        var result = await _freeze.During(ByHold, "id", async _ =>
        {
            Assert.Null(await _mark.Read(Cancel));
            Assert.Equal(["hold"], _shell.Ran);
            return 42;
        }, _run.Token);

        Assert.Equal(42, result);
        Assert.Equal(["hold", "close", "end"], _shell.Ran);
    }

    [Fact]
    public async Task A_hold_that_ends_before_it_is_ready_fails_without_an_archive()
    {
        _shell.OnHold = held => held.End(RecordingShell.Prints("", 1, "no such table"));

        var error = await Fails(_freeze.During<int>(ByHold, "id", _ => throw new InvalidOperationException("not frozen"), _run.Token));

        Assert.Equal("backup.settings.consistency.freeze.hold ended before it printed READY: it exited 1: \"no such table\"", error.Message);
    }

    [Fact]
    public async Task A_hold_that_is_never_ready_fails_at_the_timeout()
    {
        _shell.OnHold = _ => { };
        var during = _freeze.During<int>(ByHold, "id", _ => throw new InvalidOperationException("not frozen"), _run.Token);
        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal("backup.settings.consistency.freeze.hold did not print READY within 5m", (await Fails(during)).Message);
        Assert.Equal(["hold", "close", "end"], _shell.Ran);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hold_that_ends_early_cancels_the_archive_and_fails(bool deaf)
    {
        var error = await Fails(_freeze.During(ByHold, "id", async cancel =>
        {
            _shell.Held!.End(RecordingShell.Prints("", 1, "connection lost"));
            if (!deaf)
                await Task.Delay(Timeout.Infinite, cancel);
            return 0;
        }, _run.Token));

        Assert.Equal("backup.settings.consistency.freeze.hold ended before the archive was complete: it exited 1: \"connection lost\"", error.Message);
    }

    [Fact]
    public async Task A_hold_is_let_go_after_a_signal_and_after_a_failure()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _freeze.During<int>(ByHold, "id", _ => throw new InvalidOperationException("bug"), _run.Token));
        Assert.Equal(["hold", "close", "end"], _shell.Ran);
        _shell.Ran.Clear();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _freeze.During<int>(ByHold, "id", async cancel =>
        {
            await _run.CancelAsync();
            cancel.ThrowIfCancellationRequested();
            return 0;
        }, _run.Token));
        Assert.Equal(["hold", "close", "end"], _shell.Ran);
    }

    [Fact]
    public async Task A_hold_that_does_not_let_go_is_ended_and_loud()
    {
        _shell.OnHold = held =>
        {
            held.Obeys = false;
            held.Signal();
        };
        var freeze = new Freeze(_shell, _mark, new LeapingWaits());

        var error = await Fails(freeze.During(ByHold, "id", _ => Task.FromResult(1), _run.Token));

        Assert.Contains("did not end within 1m after its standard input was closed", error.Message, StringComparison.Ordinal);
        Assert.Equal(["hold", "close", "end"], _shell.Ran);
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("f", null, null)]
    [InlineData(null, "t", null)]
    [InlineData("f", " ", null)]
    [InlineData("f", "t", "h")]
    [InlineData(null, null, "# h")]
    public async Task Refuses_what_cannot_be_thawed(string? command, string? thaw, string? hold)
    {
        var step = new FreezeStep(command, thaw, hold, TimeSpan.FromMinutes(5));

        Assert.Equal(ExitCode.Usage, Freeze.Refusal(step)?.ExitCode);
        await Assert.ThrowsAsync<RunnerException>(() => _freeze.During(step, "id", Archive, _run.Token));
        Assert.Empty(_shell.Ran);
    }

    // Real processes: a lock that lives in a session (flock), seen from outside.
    [Fact]
    public async Task A_real_lock_is_held_while_the_archive_runs()
    {
        var file = _scratch.File("lock");
        var local = new LocalShell(Redaction.Of(new Dictionary<string, string>()), _ => { }, TimeProvider.System);
        var freeze = new Freeze(local, _mark, TimeProvider.System);
        var step = ByHold with { Hold = $"exec 9<{file}; flock 9; echo READY; cat > /dev/null" };
        bool Locked() => Shell.Try("flock", "--nonblock", file, "true").ExitCode != 0;

        Assert.False(Locked());
        Assert.True(await freeze.During(step, "id", _ => Task.FromResult(Locked()), Cancel));
        Assert.False(Locked());
    }

    [Fact]
    public async Task A_real_hold_that_is_killed_cancels_the_archive()
    {
        var local = new LocalShell(Redaction.Of(new Dictionary<string, string>()), _ => { }, TimeProvider.System);
        var freeze = new Freeze(local, _mark, TimeProvider.System);
        var step = ByHold with { Hold = $"echo $$ > {_scratch["pid"]}; echo READY; cat" };

        var error = await Fails(freeze.During(step, "id", async cancel =>
        {
            Shell.Run("kill", "-9", (await File.ReadAllTextAsync(_scratch["pid"], Cancel)).Trim());
            await Task.Delay(Timeout.Infinite, cancel);
            return 0;
        }, Cancel));

        Assert.Contains("ended before the archive was complete: it was ended by signal 9", error.Message, StringComparison.Ordinal);
    }

    static Task<int> Archive(CancellationToken cancel) => Task.FromResult(0);

    static async Task<RunnerException> Fails(Task during)
    {
        var error = await Assert.ThrowsAsync<RunnerException>(() => during);
        Assert.Equal(ExitCode.Command, error.ExitCode);
        return error;
    }

    async Task Thawed()
    {
        Assert.Equal(["freeze", "thaw"], _shell.Ran);
        Assert.Null(await _mark.Read(Cancel));
    }

    /// <summary>The freeze timeout never comes; every other wait is over at once.</summary>
    sealed class LeapingWaits : TimeProvider
    {
        readonly ManualTime _still = new();
        readonly ManualTime _leaping = new() { Leaps = true };

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            (dueTime > Freeze.ThawTimeout ? _still : _leaping).CreateTimer(callback, state, dueTime, period);
    }
}
