using System.Text;
using BackupRunner.Commands;
using BackupRunner.Kube;
using BackupRunner.Policy;

namespace BackupRunner.Webhook.Recovery;

/// <summary>Runs a thaw command in the pod that is frozen, once. What it prints is understood, never shown: it may hold secrets.</summary>
sealed class ThawRun(KubeClient kube, TimeProvider time)
{
    /// <summary>The longest that it may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    /// <summary>Of each output, its end; in bytes.</summary>
    const int TailBytes = 8 * 1024;

    /// <param name="cancel">Also when the Lease is lost: the command is ended.</param>
    /// <returns>Null: it is thawed, and the command has said so. Otherwise why not.</returns>
    public async Task<string?> Once(ThawStep.Run thaw, CancellationToken cancel)
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
            return $"{PolicyTemplates.Thaw} was not run: {failure.Message}";
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return $"{PolicyTemplates.Thaw} did not end within {Timeout.TotalSeconds:0} s and was ended";
        }
    }

    static string? Judge(string text, CommandEnd end, string output, string error)
    {
        if (end.Broken is not null)
            return $"the connection to {PolicyTemplates.Thaw} was cut off, and how it ended is not known";
        if (end.ExitCode != 0)
            return $"{PolicyTemplates.Thaw} exited {end.ExitCode}";
        if (RedisClient.IsCalledIn(text) && (RedisClient.ErrorIn(output, error, end.ExitCode) is not null || RedisClient.IsUnreachable(output, error)))
            return $"the server refused {PolicyTemplates.Thaw}, or was not reached by it";
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
