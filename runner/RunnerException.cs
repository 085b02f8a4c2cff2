using BackupRunner.Reports;

namespace BackupRunner;

/// <summary>
/// An expected failure: printed as <c>error: message</c> and <c>hint: hint</c>, without a stack, and ends the run with its exit code.
/// Messages start in lower case, quote values and have no full stop; a hint says what to do next. Neither ever holds a secret.
/// </summary>
public class RunnerException(ExitCode exitCode, string message, string? hint = null, Exception? inner = null)
    : Exception(message, inner)
{
    public ExitCode ExitCode { get; } = exitCode;

    public string? Hint { get; } = hint;

    /// <summary>Set when the same request may succeed later.</summary>
    public RetryHint? Retry { get; init; }

    /// <summary>Tells all of several independent failures at once, with the exit code of the first.</summary>
    /// <param name="failures">May be empty: then nothing is thrown.</param>
    public static void ThrowAll(IReadOnlyList<RunnerException> failures)
    {
        if (failures.Count == 1)
            throw failures[0];
        if (failures.Count == 0)
            return;
        var hints = failures.Select(failure => failure.Hint).Where(hint => hint is not null).Distinct().ToList();
        throw new RunnerException(
            failures[0].ExitCode, string.Join("; ", failures.Select(failure => failure.Message)), hints.Count > 0 ? string.Join("; ", hints) : null);
    }
}

/// <summary>What a server said of trying again.</summary>
/// <param name="After">The wait that it asked for; null when it named none.</param>
/// <param name="Answered">Whether it answered at all: one that never did may not exist.</param>
/// <param name="OnceKnown">Only worth it where it has answered before: a first time, this is a wrong address.</param>
public sealed record RetryHint(TimeSpan? After, bool Answered, bool OnceKnown = false);
