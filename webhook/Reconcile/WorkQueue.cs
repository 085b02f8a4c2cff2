using System.Threading.Channels;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>
/// What is to be looked at, each thing once however often it was added, and never by two workers at a time: what is added while it is worked on comes again
/// after that. As long as the number of things.
/// </summary>
/// <param name="longestRetry">Between two failures.</param>
public sealed class WorkQueue(TimeProvider time, TimeSpan longestRetry) : IDisposable
{
    public static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(5);

    static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);

    readonly Lock gate = new();
    readonly Channel<WorkKey> waiting = Channel.CreateUnbounded<WorkKey>();
    readonly HashSet<WorkKey> queued = [];
    readonly HashSet<WorkKey> running = [];
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
            if (running.Contains(key))
                again.Add(key);
            else if (queued.Add(key))
                waiting.Writer.TryWrite(key);
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
            queued.Remove(key);
            running.Add(key);
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
            running.Remove(key);
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
        }
        waiting.Writer.TryComplete();
    }

    void End(WorkKey key)
    {
        running.Remove(key);
        if (again.Remove(key) && !disposed && queued.Add(key))
            waiting.Writer.TryWrite(key);
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
