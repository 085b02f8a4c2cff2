namespace BackupRunner.Cli;

/// <summary>Runs checks one after the other, tells how each ended, and remembers the failures.</summary>
sealed class Checks(TextWriter to)
{
    readonly List<RunnerException> failures = [];

    public async Task Run(string name, Func<Task> check)
    {
        try
        {
            await check();
            await to.WriteLineAsync($"ok      {name}");
        }
        catch (RunnerException failure)
        {
            failures.Add(failure);
            await to.WriteLineAsync($"failed  {name}: {failure.Message}");
            if (failure.Hint is not null)
                await to.WriteLineAsync($"        {failure.Hint}");
        }
    }

    /// <returns>All of them, each once; null when there are none.</returns>
    static string? Hints(List<RunnerException> failures) =>
        failures.Select(failure => failure.Hint).Where(hint => hint is not null).Distinct().ToList() is { Count: > 0 } hints ? string.Join("; ", hints) : null;

    /// <exception cref="RunnerException">With the first failure's exit code, when any failed.</exception>
    public void ThrowFirst()
    {
        if (failures.Count == 1)
            throw failures[0];
        if (failures.Count > 1)
            throw new RunnerException(failures[0].ExitCode, string.Join("; ", failures.Select(failure => failure.Message)), Hints(failures));
    }
}
