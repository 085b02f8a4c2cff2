using BackupRunner.Reports;

namespace BackupRunner.Hooks;

/// <summary>
/// Brings the data on disk to a state worth archiving: runs the policy's consistency command and waits until what it started has finished.
/// Whatever goes wrong is a <see cref="RunnerException"/> with exit code 3.
/// </summary>
public sealed class Consistency(IWorkloadShell shell, TimeProvider time)
{
    static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(1);

    /// <summary>The resolution of rdb_last_save_time, and enough that a second save cannot end in the same second.</summary>
    static readonly TimeSpan SaveTimeResolution = TimeSpan.FromMilliseconds(1100);

    /// <summary>What can be seen from the policy alone: why the step cannot work, exit code 2, or null. For preflight and <c>check</c>.</summary>
    public static RunnerException? Refusal(ConsistencyStep step)
    {
        if (ShellWords.IsBlank(step.Command))
            return new RunnerException(ExitCode.Usage, $"{ConsistencyStep.CommandPath} is empty", "name the command, or set consistency.enabled: false");
        if (step.WaitCommand is { } wait && ShellWords.IsBlank(wait))
            return new RunnerException(ExitCode.Usage, $"{ConsistencyStep.WaitCommandPath} is empty");
        if (!step.WaitForCompletion || step.WaitCommand is not null || RedisSave.Of(step.Command) is not { Saves: true, InfoCommand: null })
            return null;
        return new RunnerException(
            ExitCode.Usage,
            $"{ConsistencyStep.CommandPath} starts a BGSAVE inside of a larger command, so the runner cannot ask the same server whether the save has finished",
            $"end the command in redis-cli ... BGSAVE (or valkey-cli), or set {ConsistencyStep.WaitCommandPath}, which is polled until it exits 0");
    }

    public async Task<ConsistencyResult> Run(ConsistencyStep step, CancellationToken cancel)
    {
        if (Refusal(step) is { } refusal)
            throw refusal;
        var save = RedisSave.Of(step.Command);
        var budget = new Budget(step.Timeout, time);
        ConsistencyOutcome outcome;
        if (save.Saves && step.WaitForCompletion && step.WaitCommand is null)
        {
            await SaveAndWait(step, save.InfoCommand!, budget, cancel);
            outcome = ConsistencyOutcome.Saved;
        }
        else
        {
            await Start(step, save, budget, cancel);
            outcome = save.Saves ? ConsistencyOutcome.Started : ConsistencyOutcome.Completed;
            if (step.WaitForCompletion && step.WaitCommand is { } waitCommand)
            {
                await PollWaitCommand(waitCommand, step, budget, cancel);
                outcome = ConsistencyOutcome.Waited;
            }
        }
        return new ConsistencyResult(outcome, budget.Spent);
    }

    async Task<ShellResult> Start(ConsistencyStep step, RedisSave save, Budget budget, CancellationToken cancel)
    {
        var result = await shell.Run(new ShellCommand(ConsistencyStep.CommandPath, step.Command), budget.Left, cancel);
        if (result.TimedOut)
        {
            throw new RunnerException(ExitCode.Command,
                $"{ConsistencyStep.CommandPath} did not end within {DurationText.Of(step.Timeout)} and was ended",
                $"raise {ConsistencyStep.TimeoutPath}");
        }
        if (save.SpeaksRedis && RedisReply.Refusal(result, ConsistencyStep.CommandPath) is { } refusal)
            throw refusal;
        if (!result.Succeeded)
            throw new RunnerException(ExitCode.Command, $"{ConsistencyStep.CommandPath} {result.Failure}");
        // Where BGSAVE is part of something larger, its reply may have been sent elsewhere, and the wait command decides.
        if (save.InfoCommand is not null && !RedisReply.SaveBegins(result))
        {
            throw new RunnerException(ExitCode.Command,
                $"{ConsistencyStep.CommandPath}: the server did not say that a save has begun: {(result.LastWords is "" ? "no reply" : result.LastWords)}");
        }
        return result;
    }

    async Task SaveAndWait(ConsistencyStep step, string infoCommand, Budget budget, CancellationToken cancel)
    {
        var before = await Info(step, infoCommand, budget, cancel);
        for (var attempt = 1; ; attempt++)
        {
            var reply = await Start(step, RedisSave.Of(step.Command), budget, cancel);
            var after = await SaveEnded(step, infoCommand, RedisReply.SaveIsScheduled(reply), before, budget, cancel);
            // A save that the server itself ends early (FLUSHALL, a replica that loads its master's data) is no error to it: only the time of
            // the last good save tells, and that may be the same second as before. So once more, when a second has passed.
            if (after.SavedSince(before) != false)
                return;
            if (attempt == 2)
            {
                throw new RunnerException(ExitCode.Command,
                    $"{ConsistencyStep.CommandPath}: the save was begun twice, and the server shows no finished save (rdb_last_save_time is unchanged)",
                    "FLUSHALL and a replica's full synchronisation end a save silently");
            }
            before = after;
            await Wait(SaveTimeResolution, budget, () => SaveTooLong(step), cancel);
        }
    }

    async Task<RedisPersistence> SaveEnded(
        ConsistencyStep step, string infoCommand, bool scheduled, RedisPersistence before, Budget budget, CancellationToken cancel)
    {
        // A save that was started runs, or has run, by the time of the reply. One that was scheduled may not have begun yet: then nothing is
        // in progress and the status is that of an older save.
        var begun = !scheduled;
        for (var pause = FirstPoll; ; pause = pause * 2 < LongestPoll ? pause * 2 : LongestPoll)
        {
            var now = await Info(step, infoCommand, budget, cancel);
            begun |= now.InProgress || now.BegunSince(before);
            if (begun && !now.InProgress)
            {
                return !now.LastFailed
                    ? now
                    : throw new RunnerException(ExitCode.Command,
                        $"{ConsistencyStep.CommandPath}: the save failed in the background (rdb_last_bgsave_status:err)",
                        "the server's log says why: often a full disk or a data directory that it may not write");
            }
            await Wait(pause, budget, () => SaveTooLong(step), cancel);
        }
    }

    async Task<RedisPersistence> Info(ConsistencyStep step, string infoCommand, Budget budget, CancellationToken cancel)
    {
        var what = $"{ConsistencyStep.CommandPath} (INFO persistence)";
        var result = await shell.Run(new ShellCommand(ConsistencyStep.CommandPath, infoCommand, IsPoll: true), budget.Left, cancel);
        if (result.TimedOut)
            throw SaveTooLong(step);
        if (RedisReply.Refusal(result, ConsistencyStep.CommandPath) is { } refusal)
            throw refusal;
        if (!result.Succeeded)
            throw new RunnerException(ExitCode.Command, $"{what} {result.Failure}");
        return RedisPersistence.Parse(result.Output.Raw)
            ?? throw new RunnerException(ExitCode.Command,
                $"{what}: the reply does not say whether a save is in progress: {(result.LastWords is "" ? "no reply" : result.LastWords)}",
                $"set {ConsistencyStep.WaitCommandPath}, which is polled until it exits 0");
    }

    async Task PollWaitCommand(string waitCommand, ConsistencyStep step, Budget budget, CancellationToken cancel)
    {
        var last = "";
        RunnerException TooLong() => new(ExitCode.Command,
            $"{ConsistencyStep.WaitCommandPath} did not exit 0 within {DurationText.Of(step.Timeout)}{last}", $"raise {ConsistencyStep.TimeoutPath}");

        for (var pause = FirstPoll; ; pause = pause * 2 < LongestPoll ? pause * 2 : LongestPoll)
        {
            var result = await shell.Run(new ShellCommand(ConsistencyStep.WaitCommandPath, waitCommand, IsPoll: true), budget.Left, cancel);
            if (result.Succeeded)
                return;
            last = result.TimedOut ? "; the last try did not end" : $"; the last try {result.Failure}";
            await Wait(pause, budget, TooLong, cancel);
        }
    }

    async Task Wait(TimeSpan pause, Budget budget, Func<RunnerException> tooLong, CancellationToken cancel)
    {
        if (budget.Left <= TimeSpan.Zero)
            throw tooLong();
        await Task.Delay(pause < budget.Left ? pause : budget.Left, time, cancel);
        if (budget.Left <= TimeSpan.Zero)
            throw tooLong();
    }

    static RunnerException SaveTooLong(ConsistencyStep step) =>
        new(ExitCode.Command, $"the save did not finish within {DurationText.Of(step.Timeout)} ({ConsistencyStep.TimeoutPath})",
            "raise the timeout: the server goes on saving, so the next backup may find a save in progress");

    /// <summary>The one timeout that command and wait share.</summary>
    sealed class Budget(TimeSpan total, TimeProvider time)
    {
        readonly long start = time.GetTimestamp();

        public TimeSpan Spent => time.GetElapsedTime(start);

        public TimeSpan Left => total > Spent ? total - Spent : TimeSpan.Zero;
    }
}
