namespace BackupRunner.Keys;

/// <summary>Now, by two clocks: one that may be set, and one that may not.</summary>
/// <param name="Time">The wall clock. It may be wrong by days and jump either way: it decides when to rotate, never whether something is safe.</param>
/// <param name="Steady">
/// Time that has passed in this process (<see cref="TimeProvider.GetTimestamp"/>), from any zero. It never jumps, and what it measured is forgotten with the
/// process: all that must have lasted begins anew after a restart.
/// </param>
public sealed record Moment(DateTimeOffset Time, TimeSpan Steady);
