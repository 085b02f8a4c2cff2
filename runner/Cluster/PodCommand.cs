using System.Text;
using BackupRunner.Hooks;
using BackupRunner.Kube;

namespace BackupRunner.Cluster;

/// <summary>A command that runs in a container. Disposing it ends its processes there, and the connection.</summary>
sealed class PodCommand : IHeldCommand
{
    /// <summary>Of the loader's own line; a shell that says more before it is another's.</summary>
    const int LongestHead = 256;

    static readonly TimeSpan Drain = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    readonly KubeClient kube;
    readonly WorkloadPod pod;
    readonly KubeExec exec;
    readonly TimeProvider time;
    readonly CommandOutput printed;
    readonly Decoder outputText = Encoding.UTF8.GetDecoder();
    readonly Decoder errorText = Encoding.UTF8.GetDecoder();
    readonly CancellationTokenSource cut = new();
    readonly StringBuilder head = new();
    int? process;
    bool headRead;

    public PodCommand(KubeClient kube, WorkloadPod pod, KubeExec exec, ShellCommand command, string? signal, Redaction redaction, Action<string> log, TimeProvider time)
    {
        (this.kube, this.pod, this.exec, this.time) = (kube, pod, exec, time);
        printed = new CommandOutput(command, signal, redaction, log);
        Ended = Follow();
    }

    public Task Signalled => printed.Signalled;

    public Task<ShellResult> Ended { get; }

    public async Task CloseInput()
    {
        try
        {
            await exec.CloseInput(CancellationToken.None);
        }
        catch (KubeException)
        {
            // The connection is gone, and with it the input; Ended says so.
        }
    }

    /// <summary>Ends all processes of the command: SIGTERM, and SIGKILL when that is not enough. Best effort: the container may be gone.</summary>
    public async Task EndAll()
    {
        if (process is not { } leader || Ended.IsCompleted && !await IsRunning(leader))
            return;
        await Send("TERM", leader);
        try
        {
            await Ended.WaitAsync(PodShell.Grace, time);
        }
        catch (TimeoutException)
        {
            await Send("KILL", leader);
        }
    }

    /// <summary>What a script has started and not waited for; empty after a moment's grace when nothing is left.</summary>
    public async Task<IReadOnlyList<string>> LeftBehind()
    {
        if (process is not { } leader)
            return [];
        try
        {
            for (var start = time.GetTimestamp(); await Ask(ContainerScript.IsRunning(leader)) == 0; await Task.Delay(Poll, time, CancellationToken.None))
                if (time.GetElapsedTime(start) >= Drain)
                    return [$"a process of its group {leader} in {pod}"];
            return [];
        }
        catch (Exception failure) when (failure is KubeException or OperationCanceledException)
        {
            return [$"perhaps: {pod} could not be asked ({failure.Message})"];
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Cut off, it may run on: what it was to do it would do after this run has gone on without it.
        if (!Ended.IsCompleted || (await Ended).Broken is not null)
            await EndAll();
        await cut.CancelAsync();
        await Ended;
        await exec.DisposeAsync();
        cut.Dispose();
    }

    async Task<ShellResult> Follow()
    {
        string? broken = null;
        var exitCode = 0;
        try
        {
            exitCode = await exec.Run(
                chunk => Take(printed.Output, outputText, chunk),
                chunk => Take(printed.Error, errorText, headRead ? chunk : AfterHead(chunk)),
                cut.Token);
        }
        catch (KubeException failure)
        {
            broken = failure.Message;
        }
        catch (OperationCanceledException)
        {
            broken = "the connection to it was closed";
        }
        printed.Output.Finish();
        printed.Error.Finish();
        return new ShellResult(exitCode, TimedOut: false, printed.Output.Captured, printed.Error.Captured) { Broken = broken, MayStillRun = broken is not null };
    }

    static ValueTask Take(OutputCapture capture, Decoder decoder, ReadOnlyMemory<byte> bytes)
    {
        var text = new char[decoder.GetCharCount(bytes.Span, flush: false)];
        decoder.GetChars(bytes.Span, text, flush: false);
        capture.Append(text);
        return ValueTask.CompletedTask;
    }

    /// <summary>Takes the loader's own line off the front of standard error.</summary>
    ReadOnlyMemory<byte> AfterHead(ReadOnlyMemory<byte> chunk)
    {
        var end = chunk.Span.IndexOf((byte)'\n');
        head.Append(Encoding.UTF8.GetString(end < 0 ? chunk.Span : chunk.Span[..end]));
        if (end < 0 && head.Length <= LongestHead)
            return default;
        headRead = true;
        process = ContainerScript.ProcessOf(head.ToString());
        return process is not null ? chunk[(end + 1)..] : Encoding.UTF8.GetBytes(end < 0 ? head.ToString() : head + "\n").Concat(chunk[(end < 0 ? chunk.Length : end + 1)..].ToArray()).ToArray();
    }

    async Task Send(string signal, int leader)
    {
        try
        {
            // In another pod of that name the number is another process.
            using var patience = new CancellationTokenSource(PodShell.Grace, time);
            await pod.RequireSame(kube, patience.Token);
            await Ask(ContainerScript.Signal(signal, leader));
        }
        catch (Exception failure) when (failure is RunnerException or KubeException or OperationCanceledException)
        {
            // The container has ended, or cannot be reached: then nobody can end what runs in it.
        }
    }

    async Task<bool> IsRunning(int leader)
    {
        try
        {
            return await Ask(ContainerScript.IsRunning(leader)) == 0;
        }
        catch (Exception failure) when (failure is KubeException or OperationCanceledException)
        {
            return false;
        }
    }

    async Task<int> Ask(IReadOnlyList<string> command)
    {
        using var patience = new CancellationTokenSource(PodShell.Grace, time);
        await using var asked = await kube.Exec(pod.Command(command, input: false), patience.Token);
        return await asked.Run(_ => ValueTask.CompletedTask, _ => ValueTask.CompletedTask, patience.Token);
    }
}
