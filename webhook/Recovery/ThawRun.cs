using System.Text;
using BackupRunner.Commands;
using BackupRunner.Kube;
using BackupRunner.Policy;

namespace BackupRunner.Webhook.Recovery;

/// <summary>Why a thaw has not been seen to work.</summary>
/// <param name="Why">As a clause.</param>
/// <param name="HasAnswered">
/// The command itself ended, with a status of its own. Otherwise it was not run, was cut off, timed out or was killed, which says nothing about what is frozen.
/// </param>
public sealed record ThawFailure(string Why, bool HasAnswered);

/// <summary>Runs a thaw command in the pod that is frozen, once. What it prints is understood, never shown: it may hold secrets.</summary>
sealed class ThawRun(KubeClient kube, TimeProvider time)
{
    /// <summary>The longest that it may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    /// <summary>Exit codes from here on are a signal's.</summary>
    const int FirstOfSignals = 128;

    /// <summary>Of each output, its end; in bytes.</summary>
    const int TailBytes = 8 * 1024;

    /// <param name="cancel">Also when the Lease is lost: the command is ended.</param>
    /// <returns>Null: it is thawed, and the command has said so.</returns>
    public async Task<ThawFailure?> Once(ThawStep.Run thaw, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        var (output, error) = (new Tail(), new Tail());
        try
        {
            await using var running = await ContainerCommand.Start(kube, thaw.At, thaw.Text, isScript: false, output.Take, error.Take, time, either.Token);
            await running.CloseInput();
            // Leaving here before its end ends its processes.
            return Judge(thaw.Text, await running.Ended.WaitAsync(either.Token), output.ToString(), error.ToString());
        }
        catch (KubeException failure)
        {
            return new($"{PolicyTemplates.Thaw} was not run: {failure.Message}", HasAnswered: false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return new($"{PolicyTemplates.Thaw} did not end within {Timeout.TotalSeconds:0} s and was ended", HasAnswered: false);
        }
    }

    static ThawFailure? Judge(string text, CommandEnd end, string output, string error)
    {
        if (end.Broken is not null)
            return new($"the connection to {PolicyTemplates.Thaw} was cut off, and how it ended is not known", HasAnswered: false);
        if (end.ExitCode != 0)
            return new($"{PolicyTemplates.Thaw} exited {end.ExitCode}", HasAnswered: end.ExitCode < FirstOfSignals);
        if (RedisClient.IsCalledIn(text) && (RedisClient.ErrorIn(output, error, end.ExitCode) is not null || RedisClient.IsUnreachable(output, error)))
            return new($"the server refused {PolicyTemplates.Thaw}, or was not reached by it", HasAnswered: true);
        return null;
    }

    sealed class Tail
    {
        byte[] kept = [];

        public ValueTask Take(ReadOnlyMemory<byte> bytes)
        {
            byte[] all = [.. kept, .. bytes.Span];
            kept = all.Length <= TailBytes ? all : all[^TailBytes..];
            return ValueTask.CompletedTask;
        }

        public override string ToString() => Encoding.UTF8.GetString(kept);
    }
}
