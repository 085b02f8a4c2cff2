namespace BackupRunner.Cli;

/// <summary>Runs checks one after the other, tells how each ended, and remembers the failures.</summary>
sealed class Checks(RunLog log, TextWriter to)
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
            if (failure.Hint is not null && failures.Count > 1)
                log.Say("hint: " + failure.Hint);
        }
    }

    /// <exception cref="RunnerException">With the first failure's exit code, when any failed.</exception>
    public void ThrowFirst()
    {
        if (failures.Count == 1)
            throw failures[0];
        if (failures.Count > 1)
            throw new RunnerException(failures[0].ExitCode, string.Join("; ", failures.Select(failure => failure.Message)), failures[0].Hint);
    }
}
