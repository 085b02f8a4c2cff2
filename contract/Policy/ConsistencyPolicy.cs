namespace BackupRunner.Policy;

/// <summary>What is done to the workload before its volume is read. The commands are templates.</summary>
public sealed record ConsistencyPolicy
{
    public bool Enabled { get; init; }

    public string? Command { get; init; }

    /// <summary>Wait until what the command began has finished, not only the command.</summary>
    public bool WaitForCompletion { get; init; } = true;

    /// <summary>Covers the command and the wait; more than zero.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The container that the commands run in; null is the workload's first that mounts the claim.</summary>
    public string? Container { get; init; }

    /// <summary>Polled until it exits 0.</summary>
    public string? WaitCommand { get; init; }

    /// <summary>Null when the document has none.</summary>
    public FreezePolicy? Freeze { get; init; }
}

/// <summary>Either <see cref="Command"/> and <see cref="Thaw"/>, or <see cref="Hold"/>, a session that holds the lock while its stdin is open.</summary>
public sealed record FreezePolicy
{
    public string? Command { get; init; }

    /// <summary>May run more than once.</summary>
    public string? Thaw { get; init; }

    public string? Hold { get; init; }

    /// <summary>The longest that writes may stay frozen; more than zero.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}
