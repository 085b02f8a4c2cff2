namespace BackupRunner.Hooks;

/// <summary>Where a policy's commands run: on this host, or in the workload's container.</summary>
public interface IWorkloadShell
{
    /// <summary>
    /// Runs a command to its end, with an empty standard input. When <paramref name="timeout"/> passes first, all its processes are ended and
    /// the result says so; when <paramref name="cancel"/> comes first, they are ended and <see cref="OperationCanceledException"/> is thrown.
    /// </summary>
    Task<ShellResult> Run(ShellCommand command, TimeSpan timeout, CancellationToken cancel);

    /// <summary>Over a connection: of a command that was cut off nobody can be sure that it has ended.</summary>
    bool IsRemote => false;

    /// <summary>
    /// Starts a command that holds something for as long as its standard input is open. <paramref name="cancel"/> is for the start only.
    /// </summary>
    /// <param name="signal">The line that the command prints once it holds what it is to hold.</param>
    Task<IHeldCommand> Hold(ShellCommand command, string signal, CancellationToken cancel);
}

/// <summary>A command whose standard input is open. Disposing it ends all its processes.</summary>
public interface IHeldCommand : IAsyncDisposable
{
    /// <summary>Completes when the command has printed its line; never, when it ends without.</summary>
    Task Signalled { get; }

    /// <summary>Completes when the command has ended, for whatever reason. Never faults.</summary>
    Task<ShellResult> Ended { get; }

    /// <summary>Closes the standard input, which tells the command to let go and end.</summary>
    Task CloseInput();
}
