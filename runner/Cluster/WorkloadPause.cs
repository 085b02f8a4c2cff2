using BackupRunner.Reports;
using BackupRunner.Restore;

namespace BackupRunner.Cluster;

/// <summary>A restore during which the workload is stopped, and after which it runs again, whatever came of it, unless the data is between old and new.</summary>
/// <param name="target">The volume's folder.</param>
/// <param name="enter">Told where the restore has come to.</param>
sealed class WorkloadPause(Middleware middleware, string target, Action<string> enter, TimeProvider time)
{
    /// <summary>For the API server to take that the workload shall run again, also when this run was told to stop.</summary>
    static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(45);

    /// <summary>What the restore calls before each step that changes the volume.</summary>
    public Task Before(DestructiveStep step, CancellationToken cancel)
    {
        enter(step.ToString().ToLowerInvariant());
        return step switch
        {
            DestructiveStep.Stage or DestructiveStep.Empty or DestructiveStep.Undo => middleware.Stop(cancel),
            DestructiveStep.Swap or DestructiveStep.Commit => middleware.RequireStopped(cancel),
            _ => middleware.Confirm(cancel),
        };
    }

    public async Task<RestoreOutcome> Around(Func<Task<RestoreOutcome>> restore, CancellationToken cancel)
    {
        RestoreOutcome outcome;
        try
        {
            outcome = await restore();
            if (middleware.IsStopped)
                await middleware.Start(cancel);
        }
        catch (RunnerException) when (middleware is { Remembered: not null, IsStopped: false } && UnfinishedRestore.Find(target).Count == 0)
        {
            // It was started on the data that stays, whatever its health.
            await middleware.Settled(cancel);
            throw;
        }
        catch (RunnerException failure) when (middleware.IsStopped)
        {
            throw new RunnerException(failure.ExitCode, failure.Message, await StartAfter(failure.Hint, cancel), failure);
        }
        catch (OperationCanceledException stopped) when (middleware.IsStopped)
        {
            throw new RunnerException(ExitCode.Stopped, "the restore was stopped", await StartAfter(null, cancel), stopped);
        }
        await middleware.Settled(cancel);
        return middleware.Disturbance is { } disturbance
            ? throw new RunnerException(ExitCode.Command, disturbance, "look whether it runs well on the restored data now: nothing of the old is left to go back to")
            : outcome;
    }

    /// <returns>The hint of the failure, and what became of the workload.</returns>
    async Task<string> StartAfter(string? hint, CancellationToken cancel)
    {
        string Hint(string state) => hint is null ? state : $"{hint}; {state}";
        var unfinished = UnfinishedRestore.Find(target);
        // Told to stop once the new data counts: whether it is healthy is for the next run to see, and until then it is data to run on.
        var isWhole = unfinished.All(restore => restore.Phase is JournalPhase.Committed or JournalPhase.Accepted) && cancel.IsCancellationRequested;
        if (unfinished.Count > 0 && !isWhole || middleware.OpenScript is not null)
            return Hint($"{middleware} stays stopped; it had {middleware.Remembered} replicas");
        try
        {
            using var patience = new CancellationTokenSource(StartPatience, time);
            await middleware.Release(patience.Token);
            if (unfinished.Count > 0)
                return Hint($"{middleware} was started");
            if (!cancel.IsCancellationRequested)
                await middleware.Start(cancel);
            await middleware.Settled(patience.Token);
            return Hint($"{middleware} runs again");
        }
        catch (Exception failure) when (failure is RunnerException or OperationCanceledException)
        {
            return Hint($"{middleware} was not seen to start again ({failure.Message}): \"restore --resume\" starts it, with {middleware.Remembered} replicas");
        }
    }
}
