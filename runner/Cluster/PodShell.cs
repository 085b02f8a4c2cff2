using System.Text;
using BackupRunner.Hooks;
using BackupRunner.Kube;
using BackupRunner.Reports;

namespace BackupRunner.Cluster;

/// <summary>
/// Runs the policy's commands in a container of the workload, with that container's environment. A connection that ends before the command's
/// final status is a failure, whatever was printed.
/// </summary>
/// <param name="redaction">Knows the container's own environment.</param>
/// <param name="log">Takes each line that a command prints, redacted, behind the policy path of the command.</param>
public sealed class PodShell(KubeClient kube, WorkloadPod pod, Redaction redaction, Action<string> log, TimeProvider time) : IWorkloadShell
{
    /// <summary>Between two tries of a question that did not come through.</summary>
    static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    // CancellationTokenSource takes no longer timer.
    static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(40);

    public async Task<ShellResult> Run(ShellCommand command, TimeSpan timeout, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(timeout < LongestTimeout ? timeout : LongestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        while (true)
        {
            try
            {
                var result = await Once(command, either.Token, cancel);
                if (!(command.IsPoll && result.Broken is not null))
                    return result;
            }
            catch (RunnerException unreached) when (command.IsPoll && unreached.InnerException is KubeException { IsUnreachable: true })
            {
                // Asking twice does no harm.
            }
            catch (OperationCanceledException)
            {
                cancel.ThrowIfCancellationRequested();
                return TimedOut;
            }
            try
            {
                await Task.Delay(AskAgain, time, either.Token);
            }
            catch (OperationCanceledException)
            {
                cancel.ThrowIfCancellationRequested();
                return TimedOut;
            }
        }
    }

    public bool IsRemote => true;

    static ShellResult TimedOut => new(0, TimedOut: true, CapturedOutput.Empty, CapturedOutput.Empty) { MayStillRun = true };

    public async Task<IHeldCommand> Hold(ShellCommand command, string signal, CancellationToken cancel)
    {
        await RequireSame(cancel);
        return await Start(command, signal, cancel);
    }

    async Task<ShellResult> Once(ShellCommand command, CancellationToken either, CancellationToken cancel)
    {
        await RequireSame(either);
        await using var running = await Start(command, signal: null, either);
        try
        {
            await running.CloseInput();
            var result = await running.Ended.WaitAsync(either);
            return command.IsScript && result.Succeeded ? result with { StillRunning = await running.LeftBehind() } : result;
        }
        catch (OperationCanceledException)
        {
            await running.EndAll();
            cancel.ThrowIfCancellationRequested();
            // What it had printed by then says more than nothing.
            if (running.Ended.IsCompletedSuccessfully)
                return running.Ended.Result with { TimedOut = true };
            throw;
        }
    }

    /// <summary>An API server that is away for a while is waited for: nothing has been begun.</summary>
    async Task RequireSame(CancellationToken either)
    {
        while (true)
        {
            try
            {
                await pod.RequireSame(kube, either);
                return;
            }
            catch (RunnerException away) when (away.InnerException is KubeException { IsTransient: true })
            {
                await Task.Delay(AskAgain, time, either);
            }
        }
    }

    async Task<PodCommand> Start(ShellCommand command, string? signal, CancellationToken cancel)
    {
        if (command.Text.Contains('\0', StringComparison.Ordinal))
            throw new RunnerException(ExitCode.Usage, $"{command.PolicyPath} holds a NUL character, which no shell command can");
        if (Encoding.UTF8.GetByteCount(command.Text) > ContainerScript.LongestTextBytes)
            throw new RunnerException(ExitCode.Usage, $"{command.PolicyPath} is longer than 128 KiB", "put it into a file of the image and call that");
        try
        {
            return await PodCommand.Start(kube, pod, command, signal, redaction.With(command.Text), log, time, cancel);
        }
        catch (KubeException failure)
        {
            var known = ApiFailure.Of(failure);
            throw new RunnerException(known.ExitCode, $"cannot run {command.PolicyPath} in {pod}: {known.Message}", known.Hint, failure);
        }
    }
}
