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

    readonly Process process;
    readonly ShellCommand command;
    readonly TimeProvider time;
    readonly ProcessGroup group;
    readonly CommandOutput printed;

    public LocalCommand(Process process, ShellCommand command, string? signal, Redaction redaction, Action<string> log, TimeProvider time)
    {
        (this.process, this.command, this.time) = (process, command, time);
        group = new ProcessGroup(process.Id);
        printed = new CommandOutput(command, signal, redaction, log);
        Ended = Follow();
    }

    public Task Signalled => printed.Signalled;

    public Task<ShellResult> Ended { get; }

    public async Task CloseInput()
    {
        try
        {
            await process.StandardInput.DisposeAsync();
        }
        catch (IOException)
        {
            // The command closed its end first; closed is what was asked for.
        }
    }

    /// <summary>Ends all processes of the command. Afterwards <see cref="Ended"/> is complete, or about to be.</summary>
    public Task EndAll() => group.End(LocalShell.Grace, time);

    public async ValueTask DisposeAsync()
    {
        await CloseInput();
        if (!Ended.IsCompleted)
            await EndAll();
        await Ended;
        process.Dispose();
    }

    async Task<ShellResult> Follow()
    {
        using var stop = new CancellationTokenSource();
        var pumps = Task.WhenAll(
            Pump(process.StandardOutput, printed.Output, stop.Token),
            Pump(process.StandardError, printed.Error, stop.Token));
        await process.WaitForExitAsync(CancellationToken.None);
        if (!pumps.IsCompleted)
            await Task.WhenAny(pumps, Task.Delay(Drain, time, CancellationToken.None));
        await stop.CancelAsync();
        await pumps;
        var left = command.IsScript ? await LeftBehind() : [];
        return new ShellResult(process.ExitCode, TimedOut: false, printed.Output.Captured, printed.Error.Captured)
        {
            StillRunning = [.. left.Select(process => $"\"{process.Name}\" (process {process.Id})")],
        };
    }

    /// <summary>What still runs, and goes on running.</summary>
    async Task<IReadOnlyList<ProcessEntry>> LeftBehind()
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var left = group.Members();
            if (left.Count == 0 || time.GetElapsedTime(start) >= Drain)
                return left;
            await Task.Delay(Poll, time, CancellationToken.None);
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
