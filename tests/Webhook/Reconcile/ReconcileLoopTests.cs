using System.Collections.Concurrent;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Reconcile;
using Microsoft.Extensions.Logging.Abstractions;

namespace BackupRunner.Tests.Webhook;

/// <summary>What is looked at, and when.</summary>
public sealed class ReconcileLoopTests : IAsyncDisposable
{
    static readonly WorkKey Good = new(WorkKind.Workload, "default", "statefulset/good");
    static readonly WorkKey Bad = new(WorkKind.Workload, "default", "statefulset/bad");

    readonly ManualTime time = new();
    readonly ClusterCache cache = new();
    readonly ConcurrentQueue<WorkKey> looks = new();
    readonly CancellationTokenSource end = new();
    Task running = Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        end.Dispose();
    }

    void Run(Func<WorkKey, TimeSpan?> look) => running = new ReconcileLoop(cache, () => [Good, Bad], (key, _) =>
    {
        looks.Enqueue(key);
        return Task.FromResult(look(key));
    }, time, NullLogger<ReconcileLoop>.Instance).Run(end.Token);

    int Looks(WorkKey at) => looks.Count(key => key == at);

    /// <summary>The clock goes on in small steps, so that waits that are made meanwhile count too.</summary>
    Task Until(WorkKey at, int times, TimeSpan step) => Eventually.True(() =>
    {
        time.Advance(step);
        return Task.FromResult(Looks(at) >= times);
    }, $"{times} looks at {at}");

    [Fact]
    public async Task Everything_is_looked_at_at_once_and_again_every_ten_minutes()
    {
        Run(_ => null);
        await Until(Good, 1, TimeSpan.Zero);
        await Until(Bad, 1, TimeSpan.Zero);
        var before = time.GetUtcNow();

        // From one wait to the next, so that the clock stands still while a look takes its time.
        await Eventually.True(async () =>
        {
            var next = time.NextWait(TimeSpan.FromMinutes(10), TestContext.Current.CancellationToken);
            time.Advance(next.IsCompletedSuccessfully ? await next : TimeSpan.Zero);
            return Looks(Good) >= 3;
        }, "three looks");

        Assert.InRange(time.GetUtcNow() - before, TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(25));
    }

    [Fact]
    public async Task What_fails_is_tried_again_and_stops_nothing_else()
    {
        Run(key => key == Bad ? throw new InvalidOperationException("a bug") : null);
        await Until(Bad, 4, TimeSpan.FromSeconds(1));
        var good = Looks(Good);

        cache.Tell(Good);

        await Until(Good, good + 1, TimeSpan.Zero);
        Assert.False(running.IsCompleted);
    }

    [Fact]
    public async Task What_asks_to_be_looked_at_again_is()
    {
        Run(key => key == Bad ? TimeSpan.FromSeconds(5) : null);

        await Until(Bad, 5, TimeSpan.FromSeconds(1));

        Assert.Equal(1, Looks(Good));
    }

    [Fact]
    public async Task A_bug_that_is_about_no_one_thing_ends_the_term_and_does_not_hide()
    {
        var broken = new ReconcileLoop(cache, () => throw new InvalidOperationException("a bug"), (_, _) => Task.FromResult<TimeSpan?>(null), time, NullLogger<ReconcileLoop>.Instance).Run(end.Token);

        var bug = await Assert.ThrowsAsync<InvalidOperationException>(() => broken);

        Assert.Equal("a bug", bug.Message);
        Run(_ => null);
    }

    [Fact]
    public async Task A_refusal_that_comes_as_the_term_ends_is_no_bug()
    {
        var refusal = new TaskCompletionSource();
        running = new ReconcileLoop(cache, () => [Good], async (key, _) =>
        {
            looks.Enqueue(key);
            await refusal.Task;
            throw new RefusedObjectException("refused");
        }, time, NullLogger<ReconcileLoop>.Instance).Run(end.Token);
        await Until(Good, 1, TimeSpan.Zero);

        await end.CancelAsync();
        refusal.SetResult();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
}
