namespace BackupRunner.Tests.Hooks;

/// <summary>A clock that moves when it is told to, and fires what has become due.</summary>
public sealed class ManualTime : TimeProvider
{
    readonly Lock _gate = new();
    readonly List<Timer> _timers = [];
    TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);
    DateTimeOffset _now = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    /// <summary>Every wait ends at once, and the clock has moved by it: for code that waits, not for code that watches a deadline.</summary>
    public bool Leaps { get; init; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _now;
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        List<Timer> due;
        lock (_gate)
        {
            _now += by;
            due = [.. _timers.Where(timer => timer.Due <= _now)];
            _timers.RemoveAll(due.Contains);
        }
        due.ForEach(timer => timer.Fire());
    }

    /// <summary>How long until the next wait is over, once there is one of at most <paramref name="within"/>.</summary>
    public async Task<TimeSpan> NextWait(TimeSpan within, CancellationToken cancel)
    {
        while (true)
        {
            Task added;
            lock (_gate)
            {
                if (_timers.Count > 0 && _timers.Min(timer => timer.Due) - _now is var left && left <= within)
                    return left;
                added = _added.Task;
            }
            await added.WaitAsync(cancel);
        }
    }

    /// <summary>Lets the clock run from one wait to the next until the task is done. Waits longer than <paramref name="within"/> are deadlines, and not waited for.</summary>
    public async Task<T> RunUntil<T>(Task<T> task, TimeSpan within, CancellationToken cancel)
    {
        while (!task.IsCompleted)
        {
            var next = NextWait(within, cancel);
            if (await Task.WhenAny(task, next) == next)
                Advance(await next);
        }
        return await task;
    }

    sealed class Timer(ManualTime time, Action fire) : ITimer
    {
        public DateTimeOffset Due { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                if (!time.Leaps && dueTime > TimeSpan.Zero)
                {
                    Due = time._now + dueTime;
                    time._timers.Add(this);
                    time._added.SetResult();
                    time._added = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    return true;
                }
                time._now += dueTime;
            }
            ThreadPool.QueueUserWorkItem(_ => Fire());
            return true;
        }

        public void Dispose()
        {
            lock (time._gate)
                time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
