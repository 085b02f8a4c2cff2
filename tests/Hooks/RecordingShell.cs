using System.Collections.Concurrent;
using BackupRunner.Hooks;

namespace BackupRunner.Tests.Hooks;

/// <summary>A shell that runs nothing: it remembers what it was asked, and answers as the test says.</summary>
public sealed class RecordingShell : IWorkloadShell
{
    public static readonly ShellResult Fine = Prints("");

    public ConcurrentQueue<string> Ran { get; } = new();

    /// <summary>The answer to a command, by its text.</summary>
    public Func<ShellCommand, CancellationToken, Task<ShellResult>> Answer { get; set; } = (_, _) => Task.FromResult(Fine);

    public HeldDouble? Held { get; private set; }

    /// <summary>What the held command does once it is started.</summary>
    public Action<HeldDouble> OnHold { get; set; } = held => held.Signal();

    public static ShellResult Prints(string output, int exitCode = 0, string error = "") =>
        new(exitCode, false, new CapturedOutput(output, output), new CapturedOutput(error, error));

    public static ShellResult TimesOut() => Fine with { TimedOut = true, ExitCode = 143 };

    public Task<ShellResult> Run(ShellCommand command, TimeSpan timeout, CancellationToken cancel)
    {
        Ran.Enqueue(command.Text);
        return Answer(command, cancel);
    }

    public Task<IHeldCommand> Hold(ShellCommand command, string signal, CancellationToken cancel)
    {
        Ran.Enqueue(command.Text);
        Held = new HeldDouble(this);
        OnHold(Held);
        return Task.FromResult<IHeldCommand>(Held);
    }
}

public sealed class HeldDouble(RecordingShell shell) : IHeldCommand
{
    readonly TaskCompletionSource _signalled = new();
    readonly TaskCompletionSource<ShellResult> _ended = new();

    public Task Signalled => _signalled.Task;

    public Task<ShellResult> Ended => _ended.Task;

    /// <summary>Ends when its input is closed, as it should.</summary>
    public bool Obeys { get; set; } = true;

    public void Signal() => _signalled.TrySetResult();

    public void End(ShellResult result) => _ended.TrySetResult(result);

    public Task CloseInput()
    {
        shell.Ran.Enqueue("close");
        if (Obeys)
            End(RecordingShell.Fine);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        shell.Ran.Enqueue("end");
        return ValueTask.CompletedTask;
    }
}
