using BackupRunner.Tests.Hooks;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Status.Metrics;

namespace BackupRunner.Tests.Webhook;

public sealed class WorkQueueTests
{
    static readonly WorkKey One = new(WorkKind.Workload, "default", "statefulset/one");
    static readonly WorkKey Other = new(WorkKind.Workload, "default", "statefulset/other");

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_waits_is_counted_and_how_long_it_waited_and_how_long_a_look_took()
    {
        var clock = new ManualTime();
        var metrics = new WebhookMetrics().Queues.Of("test");
        using (var queue = new WorkQueue(clock, WorkQueue.LongestRetry, metrics))
        {
            queue.Add(One);
            queue.Add(One);
            queue.Add(Other);
            Assert.Equal((2, 2), (metrics.Depth.Value, metrics.Adds.Value));
            clock.Advance(TimeSpan.FromSeconds(3));
            await queue.Take(Cancel);
            Assert.Equal((1, 3, 1), (metrics.Depth.Value, metrics.Waited.Sum, metrics.Waited.Count));
            queue.Add(One);
            Assert.Equal(2, metrics.Adds.Value);
            clock.Advance(TimeSpan.FromSeconds(5));
            queue.Done(One);
            Assert.Equal((2, 3, 5), (metrics.Depth.Value, metrics.Adds.Value, metrics.Worked.Sum));
            await queue.Take(Cancel);
            clock.Advance(TimeSpan.FromSeconds(1));
            queue.Failed(Other);
            Assert.Equal((1, 6, 1), (metrics.Retries.Value, metrics.Worked.Sum, metrics.Depth.Value));
        }
        // The term ended: what waited is nobody's.
        Assert.Equal(0, metrics.Depth.Value);
    }

    [Fact]
    public async Task What_is_added_often_is_taken_once()
    {
        using var queue = new WorkQueue(TimeProvider.System, WorkQueue.LongestRetry);
        queue.Add(One);
        queue.Add(One);
        queue.Add(Other);

        Assert.Equal(One, await queue.Take(Cancel));
        Assert.Equal(Other, await queue.Take(Cancel));

        Assert.True(queue.Take(Cancel).AsTask() is { IsCompleted: false });
    }

    [Fact]
    public async Task What_is_added_while_it_is_worked_on_comes_again_when_that_is_done()
    {
        using var queue = new WorkQueue(TimeProvider.System, WorkQueue.LongestRetry);
        queue.Add(One);
        await queue.Take(Cancel);
        queue.Add(One);
        var next = queue.Take(Cancel).AsTask();
        Assert.False(next.IsCompleted);

        queue.Done(One);

        Assert.Equal(One, await next);
        queue.Done(One);
        Assert.True(queue.IsIdle);
    }

    [Fact]
    public async Task Of_several_times_the_earliest_counts()
    {
        var clock = new ManualTime();
        using var queue = new WorkQueue(clock, WorkQueue.LongestRetry);
        queue.AddAfter(One, TimeSpan.FromMinutes(10));
        queue.AddAfter(One, TimeSpan.FromMinutes(1));
        queue.AddAfter(One, TimeSpan.FromMinutes(5));
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.True(queue.IsIdle);

        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(One, await queue.Take(Cancel));
        queue.Done(One);
        clock.Advance(TimeSpan.FromHours(1));
        Assert.True(queue.IsIdle);
    }

    [Fact]
    public async Task What_fails_comes_again_after_pauses_that_double_up_to_five_minutes()
    {
        var clock = new ManualTime();
        using var queue = new WorkQueue(clock, WorkQueue.LongestRetry);
        queue.Add(One);
        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
        {
            await queue.Take(Cancel);
            queue.Failed(One);
            clock.Advance(TimeSpan.FromSeconds(seconds - 1));
            Assert.True(queue.IsIdle, $"before {seconds} s");
            clock.Advance(TimeSpan.FromSeconds(1));
            Assert.False(queue.IsIdle, $"after {seconds} s");
        }

        Assert.Equal(One, await queue.Take(Cancel));
        queue.Done(One);
        queue.Add(One);
        await queue.Take(Cancel);
        queue.Failed(One);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(queue.IsIdle);
    }

    [Fact]
    public async Task The_longest_pause_is_the_queues_own()
    {
        var clock = new ManualTime();
        using var queue = new WorkQueue(clock, TimeSpan.FromSeconds(3));
        queue.Add(One);
        foreach (var seconds in (int[])[1, 2, 3, 3])
        {
            await queue.Take(Cancel);
            queue.Failed(One);
            Assert.True(queue.IsIdle);
            clock.Advance(TimeSpan.FromSeconds(seconds));
            Assert.False(queue.IsIdle, $"after {seconds} s");
        }
    }

    [Fact]
    public async Task What_comes_while_it_fails_does_not_shorten_the_pause()
    {
        var clock = new ManualTime();
        using var queue = new WorkQueue(clock, WorkQueue.LongestRetry);
        queue.Add(One);
        await queue.Take(Cancel);
        queue.Add(One);

        queue.Failed(One);

        Assert.True(queue.IsIdle);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(One, await queue.Take(Cancel));
    }

    [Fact]
    public async Task Nothing_comes_from_a_queue_that_was_given_up()
    {
        var clock = new ManualTime();
        var queue = new WorkQueue(clock, WorkQueue.LongestRetry);
        queue.AddAfter(One, TimeSpan.FromSeconds(1));

        queue.Dispose();
        clock.Advance(TimeSpan.FromMinutes(1));
        queue.Add(Other);

        await Assert.ThrowsAnyAsync<Exception>(() => queue.Take(Cancel).AsTask());
        Assert.True(queue.IsIdle);
    }
}
