namespace BackupRunner.Kube;

/// <summary>So many calls at once, then so many a second, in the order they came.</summary>
sealed class RateLimit(double perSecond, int burst, TimeProvider time)
{
    readonly Lock gate = new();
    readonly TimeSpan interval = TimeSpan.FromSeconds(1 / perSecond);
    readonly long start = time.GetTimestamp();
    TimeSpan next = TimeSpan.MinValue;

    public Task Wait(CancellationToken cancel)
    {
        TimeSpan delay;
        lock (gate)
        {
            var now = time.GetElapsedTime(start);
            var earliest = now - interval * (burst - 1);
            next = next > earliest ? next : earliest;
            delay = next - now;
            next += interval;
        }
        return delay > TimeSpan.Zero ? Task.Delay(delay, time, cancel) : Task.CompletedTask;
    }
}
