using BackupRunner.Reports;

namespace BackupRunner;

/// <summary>
/// An expected failure: printed as <c>error: message</c> and <c>hint: hint</c>, without a stack, and ends the run with its exit code.
/// Messages start in lower case, quote values and have no full stop; a hint says what to do next. Neither ever holds a secret.
/// </summary>
public sealed class RunnerException(ExitCode exitCode, string message, string? hint = null, Exception? inner = null)
    : Exception(message, inner)
{
    public ExitCode ExitCode { get; } = exitCode;

    public string? Hint { get; } = hint;
}
