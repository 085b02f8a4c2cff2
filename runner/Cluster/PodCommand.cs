using System.Text;
using BackupRunner.Hooks;
using BackupRunner.Kube;

namespace BackupRunner.Cluster;

/// <summary>A command that runs in a container, and what it prints. Disposing it ends its processes there, and the connection.</summary>
sealed class PodCommand : IHeldCommand
{
    readonly WorkloadPod pod;
    readonly ContainerCommand running;
    readonly CommandOutput printed;

    PodCommand(WorkloadPod pod, ContainerCommand running, CommandOutput printed)
    {
        (this.pod, this.running, this.printed) = (pod, running, printed);
        Ended = Conclude();
    }

    public Task Signalled => printed.Signalled;

    public Task<ShellResult> Ended { get; }

    /// <exception cref="KubeException">It was not started.</exception>
    public static async Task<PodCommand> Start(
        KubeClient kube, WorkloadPod pod, ShellCommand command, string? signal, Redaction redaction, Action<string> log, TimeProvider time, CancellationToken cancel)
    {
        var printed = new CommandOutput(command, signal, redaction, log);
        return new(pod, await ContainerCommand.Start(kube, pod.Target, command.Text, command.IsScript, Into(printed.Output), Into(printed.Error), time, cancel), printed);
    }

    public Task CloseInput() => running.CloseInput();

    /// <summary>Ends all processes of the command. Best effort: the container may be gone.</summary>
    public Task EndAll() => running.EndAll();

    /// <summary>What a script has started and not waited for; empty after a moment's grace when nothing is left.</summary>
    public async Task<IReadOnlyList<string>> LeftBehind()
    {
        try
        {
            return await running.LeavesProcesses() ? [$"a process of its group {running.Process} in {pod}"] : [];
        }
        catch (Exception failure) when (failure is KubeException or OperationCanceledException)
        {
            return [$"perhaps: {pod} could not be asked ({failure.Message})"];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await running.DisposeAsync();
        await Ended;
    }

    async Task<ShellResult> Conclude()
    {
        var end = await running.Ended;
        printed.Output.Finish();
        printed.Error.Finish();
        return new ShellResult(end.ExitCode, TimedOut: false, printed.Output.Captured, printed.Error.Captured) { Broken = end.Broken, MayStillRun = end.Broken is not null };
    }

    static Func<ReadOnlyMemory<byte>, ValueTask> Into(OutputCapture capture)
    {
        var decoder = Encoding.UTF8.GetDecoder();
        return bytes =>
        {
            var text = new char[decoder.GetCharCount(bytes.Span, flush: false)];
            decoder.GetChars(bytes.Span, text, flush: false);
            capture.Append(text);
            return ValueTask.CompletedTask;
        };
    }
}
