namespace BackupRunner.Keys;

/// <summary>One step, and why, as a clause for an Event: lower case, no full stop.</summary>
public sealed record KeyDecision(KeyAction Action, string Reason);

/// <summary>
/// What to do with a key Secret. Each is one write, by PUT on the version that was decided on; a conflict means: read again and decide again. Every time written
/// is the <see cref="Moment.Time"/> that was decided by.
/// </summary>
public abstract record KeyAction
{
    /// <summary>Create the Secret, by POST, with a new random key; created and promoted now.</summary>
    public sealed record Generate : KeyAction;

    /// <summary>Put a new random key into <c>keyField-ID</c>; created now.</summary>
    public sealed record Add : KeyAction;

    /// <summary>Exchange the two fields: <paramref name="Id"/> moves to <c>keyField</c>, promoted now; <paramref name="Previous"/> moves to <c>keyField-ID</c>, retired now.</summary>
    public sealed record Promote(KeyId Id, KeyId Previous) : KeyAction;

    /// <summary>Delete the field and its annotations from the Secret, if it is there, and then from the copies.</summary>
    public sealed record Remove(KeyId Id) : KeyAction;

    /// <summary>Write annotations only.</summary>
    /// <param name="Times">In place of what is recorded about these keys.</param>
    /// <param name="Locations">To be added to those recorded.</param>
    public sealed record Record(IReadOnlyDictionary<KeyId, KeyTimes> Times, IReadOnlyList<string> Locations) : KeyAction;

    /// <summary>Start a <c>keys audit</c> Job for each of these locations; until it is done, it is a <see cref="KeyAudit"/> without key ids.</summary>
    public sealed record Audit(IReadOnlyList<string> Locations) : KeyAction;

    public sealed record Nothing : KeyAction;
}
