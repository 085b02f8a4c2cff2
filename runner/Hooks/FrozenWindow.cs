using System.Runtime.ExceptionServices;
using BackupRunner.Reports;

namespace BackupRunner.Hooks;

/// <summary>The time in which the workload is frozen: over by its timeout, by the run's cancellation, or by the end of what holds it.</summary>
sealed class FrozenWindow : IDisposable
{
    readonly CancellationTokenSource timeout;
    readonly CancellationTokenSource lost = new();
    readonly CancellationTokenSource over;
    readonly CancellationToken run;

    public FrozenWindow(TimeSpan left, TimeProvider time, CancellationToken run)
    {
        this.run = run;
        this.timeout = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        this.over = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, lost.Token, run);
    }

    /// <summary>Waits until <paramref name="held"/> holds.</summary>
    public async Task Ready(FreezeStep step, IHeldCommand held)
    {
        try
        {
            var first = await Task.WhenAny(held.Signalled, held.Ended).WaitAsync(over.Token);
            if (first == held.Ended && !held.Signalled.IsCompleted)
                throw new RunnerException(ExitCode.Command, $"{FreezeStep.HoldPath} ended before it printed READY: it {(await held.Ended).Failure}");
        }
        catch (OperationCanceledException) when (!run.IsCancellationRequested)
        {
            throw new RunnerException(ExitCode.Command, $"{FreezeStep.HoldPath} did not print READY within {DurationText.Of(step.Timeout)}");
        }
    }

    public async Task<T> Run<T>(FreezeStep step, Func<CancellationToken, Task<T>> archive, IHeldCommand? held = null)
    {
        if (held is not null)
            _ = CancelWhenEnded(held);
        Exception? failed = null;
        T result = default!;
        try
        {
            result = await archive(over.Token);
        }
        catch (Exception any)
        {
            // Thrown below, unless it only is how the archive took its cancellation.
            failed = any;
        }
        // Also after success: the archive may not have looked at its token before it was done.
        if (!(failed is not null && run.IsCancellationRequested) && Broken(step, held, failed) is { } broken)
            throw broken;
        if (failed is not null)
            ExceptionDispatchInfo.Throw(failed);
        return result;
    }

    RunnerException? Broken(FreezeStep step, IHeldCommand? held, Exception? failed)
    {
        if (held is { Ended.IsCompleted: true })
        {
            return new RunnerException(ExitCode.Command,
                $"{FreezeStep.HoldPath} ended before the archive was complete: it {held.Ended.GetAwaiter().GetResult().Failure}", null, failed);
        }
        if (timeout.IsCancellationRequested)
        {
            return new RunnerException(ExitCode.Command,
                $"the archive took longer than the workload may be frozen, {DurationText.Of(step.Timeout)}", $"raise {FreezeStep.TimeoutPath}", failed);
        }
        return null;
    }

    async Task CancelWhenEnded(IHeldCommand held)
    {
        await held.Ended;
        await lost.CancelAsync();
    }

    public void Dispose()
    {
        over.Dispose();
        timeout.Dispose();
    }
}
