using System.Diagnostics;
using System.Text;

namespace BackupRunner.Tests.Support;

/// <summary>The real program while it runs. Disposing it kills it, and leaves alone what it started.</summary>
public sealed class RunningRunner : IAsyncDisposable
{
    /// <summary>A run that hangs must not hang the tests.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    readonly Process process;
    readonly Lock gate = new();
    readonly StringBuilder error = new();
    readonly List<(string Text, TaskCompletionSource Heard)> awaited = [];

    internal RunningRunner(Process process)
    {
        this.process = process;
        process.StandardInput.Close();
        Ended = Follow();
    }

    public int Id => process.Id;

    /// <summary>Its exit code, 128 and the signal's number when it was killed, and all that it said.</summary>
    public Task<RunnerResult> Ended { get; }

    /// <summary>Waits until standard error has a line that contains <paramref name="text"/>; fails the test when the run ends without.</summary>
    public async Task Said(string text)
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (error.ToString().Contains(text, StringComparison.Ordinal))
                return;
            awaited.Add((text, heard));
        }
        await Task.WhenAny(heard.Task, Ended).WaitAsync(TestContext.Current.CancellationToken);
        if (!heard.Task.IsCompleted)
            Assert.Fail($"the run ended without \"{text}\": {(await Ended).Error}");
    }

    /// <param name="signal">Its name without SIG: <c>TERM</c>, <c>INT</c>, <c>KILL</c>.</param>
    public void Signal(string signal) => Shell.Bash($"kill -s {signal} {Id}");

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await Ended;
        process.Dispose();
    }

    async Task<RunnerResult> Follow()
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var listening = Listen();
        try
        {
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            lock (gate)
                error.AppendLine($"killed by the test: it still ran after {Patience}");
        }
        await listening;
        return new RunnerResult(process.ExitCode, await output, error.ToString());
    }

    async Task Listen()
    {
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            lock (gate)
            {
                error.AppendLine(line);
                foreach (var (_, heard) in awaited.Where(waiting => line.Contains(waiting.Text, StringComparison.Ordinal)))
                    heard.TrySetResult();
            }
        }
    }
}
