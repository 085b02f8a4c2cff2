using System.Threading.Channels;
using BackupRunner.Webhook.Status.Metrics;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>
/// What is to be looked at, each thing once however often it was added, and never by two workers at a time: what is added while it is worked on comes again
/// after that. As long as the number of things.
/// </summary>
/// <param name="longestRetry">Between two failures.</param>
/// <param name="metrics">Null: nobody counts.</param>
public sealed class WorkQueue(TimeProvider time, TimeSpan longestRetry, QueueMetrics? metrics = null) : IDisposable
{
    public static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(5);

    static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);

    readonly Lock gate = new();
    readonly Channel<WorkKey> waiting = Channel.CreateUnbounded<WorkKey>();
    // Since when, by the clock's timestamps.
    readonly Dictionary<WorkKey, long> queued = [];
    readonly Dictionary<WorkKey, long> running = [];
    readonly HashSet<WorkKey> again = [];
    readonly Dictionary<WorkKey, (long Due, ITimer Timer)> later = [];
    readonly Dictionary<WorkKey, int> failures = [];
    bool disposed;

    /// <summary>Nothing waits and nothing is worked on; what is due later does not count.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate)
                return queued.Count == 0 && running.Count == 0;
        }
    }

    public void Add(WorkKey key)
    {
        lock (gate)
        {
            if (disposed)
                return;
            if (running.ContainsKey(key))
                again.Add(key);
            else
                Enqueue(key);
        }
    }

    /// <summary>Of several times for one thing the earliest counts.</summary>
    public void AddAfter(WorkKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }
        lock (gate)
        {
            var due = time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);
            if (disposed || later.TryGetValue(key, out var planned) && planned.Due <= due)
                return;
            planned.Timer?.Dispose();
            later[key] = (due, time.CreateTimer(_ => Due(key, due), null, delay, Timeout.InfiniteTimeSpan));
        }
    }

    /// <summary>Waits for something to do. Every key that is taken is given back by <see cref="Done"/> or <see cref="Failed"/>.</summary>
    public async ValueTask<WorkKey> Take(CancellationToken cancel)
    {
        var key = await waiting.Reader.ReadAsync(cancel);
        lock (gate)
        {
            queued.Remove(key, out var since);
            running[key] = time.GetTimestamp();
            metrics?.Waited.Observe(time.GetElapsedTime(since).TotalSeconds);
            Count();
        }
        return key;
    }

    public void Done(WorkKey key)
    {
        lock (gate)
        {
            failures.Remove(key);
            End(key);
        }
    }

    /// <summary>Comes again after a pause, which doubles with every failure in a row, from 1 s on.</summary>
    public void Failed(WorkKey key)
    {
        int times;
        lock (gate)
        {
            times = failures[key] = failures.GetValueOrDefault(key) + 1;
            Worked(key);
            metrics?.Retries.Inc();
            // What came meanwhile waits with it.
            again.Remove(key);
        }
        var pause = FirstRetry * Math.Pow(2, Math.Min(times - 1, 16));
        AddAfter(key, pause < longestRetry ? pause : longestRetry);
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            foreach (var (_, timer) in later.Values)
                timer.Dispose();
            later.Clear();
            // What still waits, another queue looks at.
            metrics?.Depth.Set(0);
        }
        waiting.Writer.TryComplete();
    }

    void End(WorkKey key)
    {
        Worked(key);
        if (again.Remove(key) && !disposed)
            Enqueue(key);
    }

    void Enqueue(WorkKey key)
    {
        if (!queued.TryAdd(key, time.GetTimestamp()))
            return;
        waiting.Writer.TryWrite(key);
        metrics?.Adds.Inc();
        Count();
    }

    void Worked(WorkKey key)
    {
        if (running.Remove(key, out var since))
            metrics?.Worked.Observe(time.GetElapsedTime(since).TotalSeconds);
    }

    void Count()
    {
        if (!disposed)
            metrics?.Depth.Set(queued.Count);
    }

    void Due(WorkKey key, long due)
    {
        lock (gate)
        {
            if (!later.TryGetValue(key, out var planned) || planned.Due != due)
                return;
            planned.Timer.Dispose();
            later.Remove(key);
        }
        Add(key);
    }
}
