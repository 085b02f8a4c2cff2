using System.Text;

namespace BackupRunner.Kube;

/// <summary>How a command in a container ended.</summary>
/// <param name="ExitCode">128 and the signal's number if one ended it; says nothing where <paramref name="Broken"/> is set.</param>
/// <param name="Broken">Why nobody knows how it ended: the connection was cut. It may still run. Null: it is known.</param>
public sealed record CommandEnd(int ExitCode, string? Broken);

/// <summary>
/// A shell command that runs in a container, its text given through standard input (<see cref="ContainerScript"/>). Disposing it ends its processes
/// there, and the connection.
/// </summary>
public sealed class ContainerCommand : IAsyncDisposable
{
    /// <summary>Between SIGTERM and SIGKILL; and for each question about its processes.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Of the loader's own line; a shell that says more before it is another's.</summary>
    const int LongestHead = 256;

    static readonly TimeSpan Drain = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    readonly KubeClient kube;
    readonly ExecTarget at;
    readonly KubeExec exec;
    readonly Func<ReadOnlyMemory<byte>, ValueTask> error;
    readonly TimeProvider time;
    readonly CancellationTokenSource cut = new();
    readonly StringBuilder head = new();
    bool headRead;
    bool inputClosed;

    ContainerCommand(KubeClient kube, ExecTarget at, KubeExec exec, Func<ReadOnlyMemory<byte>, ValueTask> output, Func<ReadOnlyMemory<byte>, ValueTask> error, TimeProvider time)
    {
        (this.kube, this.at, this.exec, this.error, this.time) = (kube, at, exec, error, time);
        Ended = Follow(output);
    }

    /// <summary>Never faults.</summary>
    public Task<CommandEnd> Ended { get; }

    /// <summary>The id of its process group in the container; null: not told, or not yet.</summary>
    public int? Process { get; private set; }

    /// <summary>Its standard input stays open, for <see cref="CloseInput"/>.</summary>
    /// <param name="output">What it writes, in pieces that are valid during the call only.</param>
    /// <param name="cancel">For the start only.</param>
    /// <exception cref="KubeException">It was not started.</exception>
    public static async Task<ContainerCommand> Start(
        KubeClient kube, ExecTarget at, string text, bool isScript, Func<ReadOnlyMemory<byte>, ValueTask> output, Func<ReadOnlyMemory<byte>, ValueTask> error,
        TimeProvider time, CancellationToken cancel)
    {
        var exec = await kube.Exec(at.Command(ContainerScript.Command(isScript), input: true), cancel);
        var running = new ContainerCommand(kube, at, exec, output, error, time);
        try
        {
            await exec.Write(ContainerScript.Input(text), cancel);
        }
        catch (KubeException)
        {
            // How it ended is what its end says: a container without a shell has said so by now.
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
        return running;
    }

    public async Task CloseInput()
    {
        inputClosed = true;
        try
        {
            await exec.CloseInput(CancellationToken.None);
        }
        catch (KubeException)
        {
            // The connection is gone, and with it the input; Ended says so.
        }
    }

    /// <summary>Ends all its processes: SIGTERM, and SIGKILL when that is not enough. Best effort: the container may be gone.</summary>
    public async Task EndAll()
    {
        if (Process is not { } leader || Ended.IsCompleted && !await IsRunning(leader))
            return;
        await Send("TERM", leader);
        try
        {
            await Ended.WaitAsync(Grace, time);
        }
        catch (TimeoutException)
        {
            await Send("KILL", leader);
        }
    }

    /// <summary>Whether it has started what it did not wait for, and what is not gone after a moment's grace.</summary>
    /// <exception cref="KubeException">The container could not be asked; likewise <see cref="OperationCanceledException"/>, in time.</exception>
    public async Task<bool> LeavesProcesses()
    {
        if (Process is not { } leader)
            return false;
        for (var start = time.GetTimestamp(); await Ask(ContainerScript.IsRunning(leader)) == 0; await Task.Delay(Poll, time, CancellationToken.None))
            if (time.GetElapsedTime(start) >= Drain)
                return true;
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        // What tidies up at the end of its input may do so: a signal to its group would end that half way.
        if (inputClosed && !Ended.IsCompleted)
            await Task.WhenAny(Ended, Task.Delay(Grace, time, CancellationToken.None));
        // Cut off, it may run on: what it was to do it would do after its caller has gone on without it.
        if (!Ended.IsCompleted || (await Ended).Broken is not null)
            await EndAll();
        await cut.CancelAsync();
        await Ended;
        await exec.DisposeAsync();
        cut.Dispose();
    }

    async Task<CommandEnd> Follow(Func<ReadOnlyMemory<byte>, ValueTask> output)
    {
        try
        {
            return new(await exec.Run(output, chunk => headRead ? error(chunk) : AfterHead(chunk), cut.Token), null);
        }
        catch (KubeException failure)
        {
            return new(0, failure.Message);
        }
        catch (OperationCanceledException)
        {
            return new(0, "the connection to it was closed");
        }
    }

    /// <summary>Takes the loader's own line off the front of standard error.</summary>
    ValueTask AfterHead(ReadOnlyMemory<byte> chunk)
    {
        var end = chunk.Span.IndexOf((byte)'\n');
        head.Append(Encoding.UTF8.GetString(end < 0 ? chunk.Span : chunk.Span[..end]));
        if (end < 0 && head.Length <= LongestHead)
            return default;
        headRead = true;
        Process = ContainerScript.ProcessOf(head.ToString());
        return error(Process is not null
            ? chunk[(end + 1)..]
            : Encoding.UTF8.GetBytes(end < 0 ? head.ToString() : head + "\n").Concat(chunk[(end < 0 ? chunk.Length : end + 1)..].ToArray()).ToArray());
    }

    async Task Send(string signal, int leader)
    {
        try
        {
            // In another pod of that name the number is another process.
            using var patience = new CancellationTokenSource(Grace, time);
            if (await at.IsThere(kube, patience.Token))
                await Ask(ContainerScript.Signal(signal, leader));
        }
        catch (Exception failure) when (failure is KubeException or OperationCanceledException)
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
        using var patience = new CancellationTokenSource(Grace, time);
        await using var asked = await kube.Exec(at.Command(command, input: false), patience.Token);
        return await asked.Run(_ => ValueTask.CompletedTask, _ => ValueTask.CompletedTask, patience.Token);
    }
}
