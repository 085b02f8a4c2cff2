using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using BackupRunner.Reports;

namespace BackupRunner.Hooks;

/// <summary>
/// Runs the policy's commands on this host, with the runner's environment, each as the leader of a session of its own (setsid of util-linux),
/// so that a terminal's Ctrl-C reaches the runner alone and a timeout ends the command with all that it started.
/// </summary>
/// <param name="log">Takes each line that a command prints, redacted, behind the policy path of the command.</param>
public sealed class LocalShell(Redaction redaction, Action<string> log, TimeProvider time) : IWorkloadShell
{
    /// <summary>Linux takes no argument longer than this, in bytes with the final NUL (execve(2), MAX_ARG_STRLEN).</summary>
    const int LongestArgument = 128 * 1024;

    /// <summary>Between SIGTERM and SIGKILL: su takes two seconds to end what it runs.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    // CancellationTokenSource takes no longer timer.
    static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(40);

    public async Task<ShellResult> Run(ShellCommand command, TimeSpan timeout, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        await using var running = Start(command, signal: null);
        await running.CloseInput();
        using var deadline = new CancellationTokenSource(timeout < LongestTimeout ? timeout : LongestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        try
        {
            return await running.Ended.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            await running.EndAll();
            cancel.ThrowIfCancellationRequested();
            return await running.Ended with { TimedOut = true };
        }
    }

    public Task<IHeldCommand> Hold(ShellCommand command, string signal, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return Task.FromResult<IHeldCommand>(Start(command, signal));
    }

    LocalCommand Start(ShellCommand command, string? signal)
    {
        if (command.Text.Contains('\0', StringComparison.Ordinal))
            throw new RunnerException(ExitCode.Usage, $"{command.PolicyPath} holds a NUL character, which no shell command can");
        if (Encoding.UTF8.GetByteCount(command.Text) >= LongestArgument)
        {
            throw new RunnerException(ExitCode.Usage, $"{command.PolicyPath} is longer than 128 KiB",
                "put it into a file of the image and call that");
        }
        var start = new ProcessStartInfo("setsid")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("sh");
        start.ArgumentList.Add(command.IsScript ? "-euc" : "-c");
        start.ArgumentList.Add(command.Text);
        try
        {
            return new LocalCommand(Process.Start(start)!, command, signal, redaction.With(command.Text), log, time);
        }
        catch (Win32Exception failed)
        {
            throw new RunnerException(ExitCode.Command, $"cannot run {command.PolicyPath}: \"setsid\": {failed.Message}",
                "setsid is part of util-linux, sh of every system", failed);
        }
    }
}
