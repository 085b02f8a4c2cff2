namespace BackupRunner.Hooks;

/// <summary>What a command prints: each line to the log, behind the policy path of the command, and a signal when it is the line that is waited for.</summary>
sealed class CommandOutput
{
    readonly TaskCompletionSource signalled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="signal">A line of standard output; null: none is waited for.</param>
    public CommandOutput(ShellCommand command, string? signal, Redaction redaction, Action<string> log)
    {
        Action<string> show = command.IsPoll ? _ => { } : line => log($"{command.PolicyPath}: {line}");
        Output = new OutputCapture(redaction, (raw, shown) =>
        {
            show(shown);
            if (raw.Trim() == signal)
                signalled.TrySetResult();
        });
        Error = new OutputCapture(redaction, (_, shown) => show(shown));
    }

    public OutputCapture Output { get; }

    public OutputCapture Error { get; }

    /// <summary>Completes with the line that is waited for.</summary>
    public Task Signalled => signalled.Task;
}
