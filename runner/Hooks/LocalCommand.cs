using System.Diagnostics;
using BackupRunner.Posix;

namespace BackupRunner.Hooks;

/// <summary>
/// A command of <see cref="LocalShell"/> that runs. It has ended when its shell has: what it left in the background may keep the pipes open for
/// ever, so they are read for <see cref="Drain"/> more at most.
/// </summary>
sealed class LocalCommand : IHeldCommand
{
    static readonly TimeSpan Drain = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    readonly Process _process;
    readonly ShellCommand _command;
    readonly TimeProvider _time;
    readonly ProcessGroup _group;
    readonly OutputCapture _output;
    readonly OutputCapture _error;
    readonly TaskCompletionSource _signalled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LocalCommand(Process process, ShellCommand command, string? signal, Redaction redaction, Action<string> log, TimeProvider time)
    {
        (_process, _command, _time) = (process, command, time);
        Action<string> show = command.IsPoll ? _ => { } : line => log($"{command.PolicyPath}: {line}");
        _group = new ProcessGroup(process.Id);
        _output = new OutputCapture(redaction, (raw, shown) =>
        {
            show(shown);
            if (raw.Trim() == signal)
                _signalled.TrySetResult();
        });
        _error = new OutputCapture(redaction, (_, shown) => show(shown));
        Ended = Follow();
    }

    public Task Signalled => _signalled.Task;

    public Task<ShellResult> Ended { get; }

    public async Task CloseInput()
    {
        try
        {
            await _process.StandardInput.DisposeAsync();
        }
        catch (IOException)
        {
            // The command closed its end first; closed is what was asked for.
        }
    }

    /// <summary>Ends all processes of the command. Afterwards <see cref="Ended"/> is complete, or about to be.</summary>
    public Task EndAll() => _group.End(LocalShell.Grace, _time);

    public async ValueTask DisposeAsync()
    {
        await CloseInput();
        if (!Ended.IsCompleted)
            await EndAll();
        await Ended;
        _process.Dispose();
    }

    async Task<ShellResult> Follow()
    {
        using var stop = new CancellationTokenSource();
        var pumps = Task.WhenAll(
            Pump(_process.StandardOutput, _output, stop.Token),
            Pump(_process.StandardError, _error, stop.Token));
        await _process.WaitForExitAsync(CancellationToken.None);
        if (!pumps.IsCompleted)
            await Task.WhenAny(pumps, Task.Delay(Drain, _time, CancellationToken.None));
        await stop.CancelAsync();
        await pumps;
        var left = _command.IsScript ? await LeftBehind() : [];
        return new ShellResult(_process.ExitCode, TimedOut: false, _output.Captured, _error.Captured)
        {
            StillRunning = [.. left.Select(process => $"\"{process.Name}\" (process {process.Id})")],
        };
    }

    /// <summary>What still runs, and goes on running.</summary>
    async Task<IReadOnlyList<ProcessEntry>> LeftBehind()
    {
        var start = _time.GetTimestamp();
        while (true)
        {
            var left = _group.Members();
            if (left.Count == 0 || _time.GetElapsedTime(start) >= Drain)
                return left;
            await Task.Delay(Poll, _time, CancellationToken.None);
        }
    }

    static async Task Pump(StreamReader from, OutputCapture to, CancellationToken stop)
    {
        var buffer = new char[4096];
        try
        {
            for (int read; (read = await from.ReadAsync(buffer, stop)) > 0;)
                to.Append(buffer.AsSpan(0, read));
        }
        catch (OperationCanceledException)
        {
            // Somebody else still holds the pipe.
        }
        to.Finish();
    }
}
