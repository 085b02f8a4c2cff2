using System.Globalization;

namespace BackupRunner.Hooks;

/// <summary>How a command ended, and the end of what it printed.</summary>
/// <param name="ExitCode">The shell's; 128 and the signal's number when it was killed.</param>
/// <param name="TimedOut">It was ended because its time was over; the exit code then says nothing.</param>
public sealed record ShellResult(int ExitCode, bool TimedOut, CapturedOutput Output, CapturedOutput Error)
{
    const int LastWordsLength = 500;

    public bool Succeeded => ExitCode == 0 && !TimedOut && Broken is null;

    /// <summary>Why nobody knows how the command ended: the connection to its container was cut. The exit code then says nothing. Null: it is known.</summary>
    public string? Broken { get; init; }

    /// <summary>It was cut off, and was not seen to end.</summary>
    public bool MayStillRun { get; init; }

    /// <summary>Of a script: what it started and did not wait for, <c>"tar" (process 17)</c>. Empty where that cannot be seen.</summary>
    public IReadOnlyList<string> StillRunning { get; init; } = [];

    /// <summary>Why it failed, for a message: <c>exited 1: "tar: /data: no such file"</c>. Redacted.</summary>
    public string Failure
    {
        get
        {
            if (Broken is not null)
                return $"was cut off, and how it ended is not known: {Broken}";
            var end = ExitCode switch
            {
                126 => "exited 126 (not executable)",
                127 => "exited 127 (command not found)",
                > 128 and < 128 + 65 => $"was ended by signal {(ExitCode - 128).ToString(CultureInfo.InvariantCulture)}",
                _ => $"exited {ExitCode.ToString(CultureInfo.InvariantCulture)}",
            };
            return LastWords is "" ? end + " and printed nothing" : $"{end}: {LastWords}";
        }
    }

    /// <summary>The end of what it printed, errors first, quoted, on one line, redacted; empty when it printed nothing.</summary>
    public string LastWords
    {
        get
        {
            var text = Error.Redacted.Trim() is { Length: > 0 } error ? error : Output.Redacted.Trim();
            if (text.Length == 0)
                return "";
            var line = string.Join(" | ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            return line.Length <= LastWordsLength ? $"\"{line}\"" : $"\"...{line[^LastWordsLength..]}\"";
        }
    }
}

/// <summary>The end of one output of a command, at most <see cref="OutputCapture.TailLength"/> characters.</summary>
/// <param name="Raw">As it was printed: to be understood, never to be shown.</param>
/// <param name="Redacted">Without secrets, for logs and messages.</param>
public sealed record CapturedOutput(string Raw, string Redacted)
{
    public static readonly CapturedOutput Empty = new("", "");

    public override string ToString() => Redacted;
}
