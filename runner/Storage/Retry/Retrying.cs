namespace BackupRunner.Storage.Retry;

/// <summary>Repeats a request that failed in a way that passes.</summary>
/// <param name="say">Told of each failure that is tried again.</param>
public sealed class Retrying(RetryPolicy policy, TimeProvider time, Action<string> say)
{
    volatile bool known;

    /// <param name="attempt">Told what the attempt before it failed with; null the first time.</param>
    /// <exception cref="RunnerException">The last failure: one that would not change, or one too many.</exception>
    public async Task<T> Run<T>(Func<RunnerException?, CancellationToken, Task<T>> attempt, CancellationToken cancel)
    {
        long? failing = null;
        RunnerException? before = null;
        for (var number = 1; ; number++)
        {
            try
            {
                var result = await Once(attempt, before, cancel);
                known = true;
                return result;
            }
            catch (RunnerException failure) when (failure.Retry is { } hint)
            {
                // What fails while a run is told to stop fails because of it.
                cancel.ThrowIfCancellationRequested();
                before = failure;
                failing ??= time.GetTimestamp();
                known |= hint.Answered;
                if (policy.Delay(number, time.GetElapsedTime(failing.Value), known, hint) is not { } delay)
                    throw GivenUp(failure, number);
                say($"{failure.Message}; trying again in {delay.TotalSeconds:0.0} s");
                await Task.Delay(delay, time, cancel);
            }
        }
    }

    public async Task Run(Func<CancellationToken, Task> request, CancellationToken cancel) => await Run(
        async (_, stop) =>
        {
            await request(stop);
            return true;
        },
        cancel);

    async Task<T> Once<T>(Func<RunnerException?, CancellationToken, Task<T>> attempt, RunnerException? before, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(policy.Attempt, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            return await attempt(before, either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new RunnerException(Reports.ExitCode.Storage, $"a request to the store took longer than {policy.Attempt.TotalMinutes:0} min") { Retry = new RetryHint(null, Answered: false) };
        }
    }

    static RunnerException GivenUp(RunnerException failure, int attempts) => attempts == 1
        ? failure
        : new RunnerException(failure.ExitCode, $"{failure.Message} (tried {attempts} times)", failure.Hint, failure);
}
