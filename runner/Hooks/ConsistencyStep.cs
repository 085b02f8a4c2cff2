namespace BackupRunner.Hooks;

/// <summary>What the policy says about the consistency command, rendered.</summary>
/// <param name="WaitForCompletion">Wait until the save has finished, not only the command.</param>
/// <param name="WaitCommand">Polled until it exits 0.</param>
/// <param name="Timeout">For the command and the wait together.</param>
public sealed record ConsistencyStep(string Command, bool WaitForCompletion, string? WaitCommand, TimeSpan Timeout)
{
    public const string CommandPath = "backup.settings.consistency.command";
    public const string WaitCommandPath = "backup.settings.consistency.waitCommand";
    public const string TimeoutPath = "backup.settings.consistency.timeout";

    // The commands may hold secrets.
    public override string ToString() => CommandPath;
}

/// <summary>How far the consistency command came.</summary>
public enum ConsistencyOutcome
{
    /// <summary>The command ended well; nothing more was to be waited for.</summary>
    Completed,

    /// <summary>The Redis save was started and not waited for.</summary>
    Started,

    /// <summary>The Redis save has finished and is good.</summary>
    Saved,

    /// <summary>The wait command said that it is done.</summary>
    Waited,
}

/// <param name="Took">The command and the wait.</param>
public sealed record ConsistencyResult(ConsistencyOutcome Outcome, TimeSpan Took);
