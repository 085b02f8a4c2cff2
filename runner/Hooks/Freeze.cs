using System.Runtime.ExceptionServices;
using BackupRunner.Reports;

namespace BackupRunner.Hooks;

/// <summary>
/// Keeps the workload frozen while it is archived, and thaws it in every case: after success, failure, a timeout and a signal. What a killed run
/// left frozen, the next run thaws by <see cref="ThawLeftover"/>.
/// </summary>
public sealed class Freeze(IWorkloadShell shell, IFrozenMark mark, TimeProvider time)
{
    /// <summary>The time that thawing has, all tries together. It has nothing to do with the run's own cancellation.</summary>
    public static readonly TimeSpan ThawTimeout = TimeSpan.FromMinutes(1);

    /// <summary>A thaw is idempotent, so a try that fails is repeated.</summary>
    const int ThawTries = 3;
    static readonly TimeSpan ThawPause = TimeSpan.FromSeconds(1);

    const string Signal = "READY";

    /// <summary>What can be seen from the policy alone: why the step cannot work, exit code 2, or null. For preflight and <c>check</c>.</summary>
    public static RunnerException? Refusal(FreezeStep step)
    {
        static bool Blank(string? command) => command is null || ShellWords.IsBlank(command);
        if (step.Hold is not null && (step.Command is not null || step.Thaw is not null))
            return new RunnerException(ExitCode.Usage, $"{FreezeStep.HoldPath} excludes command and thaw", "a hold thaws when its standard input is closed");
        if (step.Hold is null && (Blank(step.Command) || Blank(step.Thaw)))
            return new RunnerException(ExitCode.Usage, $"{FreezeStep.CommandPath} and {FreezeStep.ThawPath} are needed together, or {FreezeStep.HoldPath}");
        if (step.Hold is not null && Blank(step.Hold))
            return new RunnerException(ExitCode.Usage, $"{FreezeStep.HoldPath} is empty");
        return null;
    }

    /// <summary>
    /// Freezes, runs <paramref name="archive"/>, thaws. The token that the archive gets is cancelled by <paramref name="cancel"/>, when
    /// <see cref="FreezeStep.Timeout"/> has passed, and as soon as a hold ends.
    /// </summary>
    /// <exception cref="RunnerException">Exit code 3: not frozen, not frozen for long enough, or not thawed. Otherwise what the archive threw.</exception>
    public async Task<T> During<T>(FreezeStep step, string backupId, Func<CancellationToken, Task<T>> archive, CancellationToken cancel)
    {
        if (Refusal(step) is { } refusal)
            throw refusal;
        return step.Hold is { } hold
            ? await DuringHold(step, hold, archive, cancel)
            : await DuringCommand(step, backupId, archive, cancel);
    }

    /// <summary>Thaws what an earlier run left frozen. Does nothing when there is no mark.</summary>
    /// <param name="thaw">The thaw command of today's policy; null when it has none.</param>
    /// <returns>What was found and thawed, or null.</returns>
    public async Task<Frozen?> ThawLeftover(string? thaw, CancellationToken cancel)
    {
        if (await mark.Read(cancel) is not { } left)
            return null;
        var what = $"backup \"{left.BackupId}\" was killed while it had the workload frozen";
        if (thaw is null)
        {
            throw new RunnerException(ExitCode.Command, $"{what}, and the policy has no {FreezeStep.ThawPath}",
                $"thaw it by hand, then remove \"{mark.Address}\"");
        }
        if (await Thaw(thaw, keepMark: false) is { } failure)
            throw new RunnerException(ExitCode.Command, $"{what}; {failure}", ThawHint);
        return left;
    }

    string ThawHint => $"the workload may still be frozen: thaw it by hand; the next run tries again (\"{mark.Address}\")";

    async Task<T> DuringCommand<T>(FreezeStep step, string backupId, Func<CancellationToken, Task<T>> archive, CancellationToken cancel)
    {
        // Before the command: a mark without a freeze costs a needless thaw, a freeze without a mark is for ever.
        await mark.Write(new Frozen(backupId, time.GetUtcNow()), cancel);
        Exception? failed = null;
        T result = default!;
        // A command that was cut off may freeze yet, after the thaw: then the mark stays, and the next run thaws once more.
        var mayFreezeYet = shell.IsRemote;
        try
        {
            var start = time.GetTimestamp();
            var frozen = await shell.Run(new ShellCommand(FreezeStep.CommandPath, step.Command!), step.Timeout, cancel);
            mayFreezeYet = frozen.MayStillRun;
            RequireFrozen(step, frozen);
            using var window = new FrozenWindow(step.Timeout - time.GetElapsedTime(start), time, cancel);
            result = await window.Run(step, archive);
        }
        catch (Exception any)
        {
            // Nothing is swallowed: it is thrown below, when the workload has been thawed.
            failed = any;
            mayFreezeYet &= any is not WorkloadGoneException;
        }
        if (await mark.IsAnothers(CancellationToken.None))
            throw new RunnerException((failed as RunnerException)?.ExitCode ?? ExitCode.Locked, "another run has taken over what this one held, while the workload was frozen", "that run thaws it", failed);
        if (await Thaw(step.Thaw!, keepMark: mayFreezeYet) is { } failure)
            throw NotThawed(failure, ThawHint, failed);
        if (failed is not null)
            ExceptionDispatchInfo.Throw(failed);
        return result;
    }

    static void RequireFrozen(FreezeStep step, ShellResult frozen)
    {
        if (frozen.TimedOut)
            throw new RunnerException(ExitCode.Command, $"{FreezeStep.CommandPath} did not end within {DurationText.Of(step.Timeout)} and was ended");
        if (RedisRefusal(step.Command!, frozen, FreezeStep.CommandPath) is { } refusal)
            throw refusal;
        if (!frozen.Succeeded)
            throw new RunnerException(ExitCode.Command, $"{FreezeStep.CommandPath} {frozen.Failure}");
    }

    /// <returns>Null when it is thawed, otherwise why not.</returns>
    async Task<string?> Thaw(string thaw, bool keepMark)
    {
        var start = time.GetTimestamp();
        var (failure, tries) = ("", 0);
        while (tries < ThawTries && ThawTimeout - time.GetElapsedTime(start) is { Ticks: > 0 } left)
        {
            (var failed, var reached) = await TryThaw(thaw, left);
            if (failed is null)
            {
                if (!keepMark)
                    await mark.Clear(CancellationToken.None);
                return null;
            }
            failure = failed;
            // A server that is away for a while is waited for as long as there is time.
            tries += reached ? 1 : 0;
            if (tries < ThawTries)
                await Task.Delay(ThawPause, time, CancellationToken.None);
        }
        return failure;
    }

    /// <returns>Why it is not thawed, or null; and whether the command could be run at all.</returns>
    async Task<(string? Failure, bool Reached)> TryThaw(string thaw, TimeSpan timeout)
    {
        try
        {
            var thawed = await shell.Run(new ShellCommand(FreezeStep.ThawPath, thaw), timeout, CancellationToken.None);
            if (thawed.TimedOut)
                return ($"{FreezeStep.ThawPath} did not end within {DurationText.Of(ThawTimeout)}", true);
            if (thawed.Broken is null && RedisRefusal(thaw, thawed, FreezeStep.ThawPath) is { } refusal)
                return (refusal.Message, true);
            return (thawed.Succeeded ? null : $"{FreezeStep.ThawPath} {thawed.Failure}", thawed.Broken is null);
        }
        catch (WorkloadGoneException)
        {
            return (null, true);
        }
        catch (RunnerException failed)
        {
            return (failed.Message, false);
        }
    }

    static RunnerException NotThawed(string failure, string hint, Exception? before) =>
        new(ExitCode.Command, $"the workload could not be thawed: {failure}{Before(before)}", hint, before);

    static string Before(Exception? failed) => failed switch
    {
        null => "",
        OperationCanceledException => "; the backup had been stopped before",
        _ => $"; the backup had failed before: {failed.Message}",
    };

    static RunnerException? RedisRefusal(string command, ShellResult result, string path) =>
        RedisSave.Of(command).SpeaksRedis ? RedisReply.Refusal(result, path) : null;

    // A hold needs no mark: whoever kills the runner, the kernel closes its end of the pipe, the command reads the end of its input and lets go.
    // The runner alone has that end open: it is close-on-exec, so no other command inherits it.
    async Task<T> DuringHold<T>(FreezeStep step, string hold, Func<CancellationToken, Task<T>> archive, CancellationToken cancel)
    {
        await using var held = await shell.Hold(new ShellCommand(FreezeStep.HoldPath, hold), Signal, cancel);
        Exception? failed = null;
        T result = default!;
        try
        {
            using var window = new FrozenWindow(step.Timeout, time, cancel);
            await window.Ready(step, held);
            result = await window.Run(step, archive, held);
        }
        catch (Exception any)
        {
            // As above: thrown when the hold has ended.
            failed = any;
        }
        if (!await LetGo(held))
        {
            throw NotThawed(
                $"{FreezeStep.HoldPath} did not end within {DurationText.Of(ThawTimeout)} after its standard input was closed, and was ended",
                "a hold must end when it reads the end of its input: see whether the workload is still frozen", failed);
        }
        if (failed is not null)
            ExceptionDispatchInfo.Throw(failed);
        return result;
    }

    async Task<bool> LetGo(IHeldCommand held)
    {
        await held.CloseInput();
        try
        {
            // Its exit code says nothing any more: it held until here, and "read" at the end of the input exits 1.
            await held.Ended.WaitAsync(ThawTimeout, time, CancellationToken.None);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
