using BackupRunner.Cluster;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Restore;

namespace BackupRunner.Cli;

/// <summary>A middleware that was stopped for the restore runs again after it, whatever came of it, unless the data is between old and new.</summary>
/// <param name="middleware">Null: the user stops and starts it.</param>
sealed class AroundRestore(Middleware? middleware, SeriesId series, string target, TimeProvider time)
{
    /// <summary>For the API server to take that the workload shall run again, also when this run was told to stop.</summary>
    static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(45);

    string Named => $"{series.Kind} \"{series.Name}\"";

    public Task<RestoreOutcome> Run(Func<Task<RestoreOutcome>> restore, CancellationToken cancel) => middleware is null ? restore() : Run(middleware, restore, cancel);

    async Task<RestoreOutcome> Run(Middleware stopped, Func<Task<RestoreOutcome>> restore, CancellationToken cancel)
    {
        RestoreOutcome outcome;
        try
        {
            outcome = await restore();
            if (stopped.IsStopped)
                await stopped.Start(cancel);
        }
        catch (RunnerException) when (stopped is { Remembered: not null, IsStopped: false } && UnfinishedRestore.Find(target).Count == 0)
        {
            // It was started on the data that stays, whatever its health.
            await stopped.Settled(cancel);
            throw;
        }
        catch (Exception failure) when (stopped.IsStopped)
        {
            throw new RunnerException(CodeOf(failure), failure.Message, await StartAfter(stopped, (failure as RunnerException)?.Hint, cancel), failure);
        }
        await stopped.Settled(cancel);
        return stopped.Disturbance is { } disturbance
            ? throw new RunnerException(ExitCode.Command, disturbance, "look whether it runs well on the restored data now: nothing of the old is left to go back to")
            : outcome;
    }

    static ExitCode CodeOf(Exception failure) => failure switch
    {
        RunnerException known => known.ExitCode,
        OperationCanceledException => ExitCode.Stopped,
        _ => throw failure,
    };

    /// <returns>The hint of the failure, and what became of the workload.</returns>
    async Task<string> StartAfter(Middleware stopped, string? hint, CancellationToken cancel)
    {
        string Hint(string state) => hint is null ? state : $"{hint}; {state}";
        var unfinished = UnfinishedRestore.Find(target);
        // Told to stop once the new data counts: whether it is healthy is for the next run to see, and until then it is data to run on.
        var isWhole = cancel.IsCancellationRequested && unfinished.All(restore => restore.Phase is JournalPhase.Committed or JournalPhase.Accepted);
        if (unfinished.Count > 0 && !isWhole || stopped.OpenScript is not null)
            return Hint($"{Named} stays stopped; it had {stopped.Remembered} replicas");
        try
        {
            using var patience = new CancellationTokenSource(StartPatience, time);
            await stopped.Release(patience.Token);
            if (unfinished.Count > 0)
                return Hint($"{Named} was started");
            if (!cancel.IsCancellationRequested)
                await stopped.Start(cancel);
            await stopped.Settled(patience.Token);
            return Hint($"{Named} runs again");
        }
        catch (Exception failure) when (failure is RunnerException or OperationCanceledException)
        {
            return Hint($"{Named} was not seen to start again ({failure.Message}): \"restore --resume\" starts it, with {stopped.Remembered} replicas");
        }
    }
}
