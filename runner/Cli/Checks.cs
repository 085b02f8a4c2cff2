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

    /// <exception cref="RunnerException">With the first failure's exit code, when any failed.</exception>
    public void ThrowAll() => RunnerException.ThrowAll(failures);
}
