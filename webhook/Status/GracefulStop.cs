using Microsoft.Extensions.Hosting;

namespace BackupRunner.Webhook.Status;

/// <summary>The order in which the process ends, so that no admission call fails by it.</summary>
public static class GracefulStop
{
    /// <summary>Until every node's routing has heard that the pod takes no calls; those that come meanwhile are answered.</summary>
    public static readonly TimeSpan Drain = TimeSpan.FromSeconds(5);

    /// <summary>Longer than the API server waits for an answer (<c>timeoutSeconds: 10</c>).</summary>
    public static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(12);

    /// <summary>Not ready; what the loop holds is given up, so that the other replica goes on at once; calls go on until they have stopped coming; then the server ends.</summary>
    /// <param name="endLoops">Ends all loops and releases the leader Lease. What it throws is thrown once the server has ended.</param>
    public static async Task Run(Readiness readiness, IHost server, Func<Task> endLoops, TimeProvider time)
    {
        readiness.Stop();
        var ending = endLoops();
        await Task.Delay(Drain, time, CancellationToken.None);
        using var patience = new CancellationTokenSource(LongestCall, time);
        try
        {
            await server.StopAsync(patience.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // Nobody waits for that answer any more.
        }
        await ending;
    }
}
