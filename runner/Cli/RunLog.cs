namespace BackupRunner.Cli;

/// <summary>What a run says to a person while it works, on standard error, and the warnings that its report lists.</summary>
public sealed class RunLog(TextWriter error)
{
    readonly Lock gate = new();
    readonly List<string> warnings = [];
    readonly HashSet<string> warned = new(StringComparer.Ordinal);
    Action clearProgress = () => { };

    public IReadOnlyList<string> Warnings
    {
        get
        {
            lock (gate)
                return [.. warnings];
        }
    }

    public void Say(string line) => Write(line);

    /// <summary>Said once, however often it is found.</summary>
    public void Warn(string warning)
    {
        lock (gate)
        {
            if (!warned.Add(warning))
                return;
            warnings.Add(warning);
        }
        Write("warning: " + warning);
    }

    public void Fail(string message, string? hint)
    {
        Write("error: " + message);
        if (hint is not null)
            Write("hint: " + hint);
    }

    /// <summary>A line that overwrites itself: <paramref name="clear"/> takes it away before anything else is written.</summary>
    public void OnProgress(Action clear) => clearProgress = clear;

    void Write(string line)
    {
        lock (gate)
        {
            try
            {
                clearProgress();
                error.WriteLine(line);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // A full disk under a log is no reason to end a backup, and there is nowhere else to tell it.
            }
        }
    }
}
