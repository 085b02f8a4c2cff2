using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace BackupRunner.Archive;

/// <summary>
/// Works on members in parallel and delivers them in the order in which they were submitted. At most 2 x workers + 2 members exist at a
/// time; they are
/// used in turn. The first failure, of the work or of the delivery, ends everything and is what every later call throws.
/// </summary>
public sealed class MemberPipeline : IAsyncDisposable
{
    readonly Channel<GzipMember> free;
    readonly Channel<Job> todo = Channel.CreateUnbounded<Job>();
    readonly Channel<Job> order = Channel.CreateUnbounded<Job>(new UnboundedChannelOptions { SingleReader = true });
    readonly CancellationTokenSource stop = new();
    readonly Task[] workers;
    readonly Task delivery;
    readonly int limit;
    int created;
    Exception? failure;

    public MemberPipeline(int workers, Action<GzipMember> work, Func<GzipMember, CancellationToken, ValueTask> deliver)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        limit = (2 * workers) + 2;
        free = Channel.CreateBounded<GzipMember>(limit);
        this.workers = [.. Enumerable.Range(0, workers).Select(_ => Task.Run(() => Guard(() => Work(work))))];
        delivery = Task.Run(() => Guard(() => Deliver(deliver)));
    }

    sealed record Job(GzipMember Member)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>A member that nobody uses; waits for one when all are in flight.</summary>
    public async ValueTask<GzipMember> Rent(CancellationToken cancel)
    {
        ThrowIfFailed();
        if (free.Reader.TryRead(out var member))
            return member;
        if (created < limit)
        {
            created++;
            return new GzipMember();
        }
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, stop.Token);
        try
        {
            return await free.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            ThrowIfFailed();
            throw;
        }
    }

    public void Submit(GzipMember member)
    {
        ThrowIfFailed();
        var job = new Job(member);
        order.Writer.TryWrite(job);
        todo.Writer.TryWrite(job);
    }

    /// <summary>Ends when everything that was submitted is delivered; nothing can be submitted after.</summary>
    public async Task Complete(CancellationToken cancel)
    {
        order.Writer.TryComplete();
        todo.Writer.TryComplete();
        using (cancel.UnsafeRegister(_ => stop.Cancel(), null))
            await Task.WhenAll([.. workers, delivery]);
        cancel.ThrowIfCancellationRequested();
        ThrowIfFailed();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll([.. workers, delivery]);
        stop.Dispose();
    }

    void ThrowIfFailed()
    {
        if (Volatile.Read(ref failure) is { } first)
            ExceptionDispatchInfo.Throw(first);
    }

    async Task Guard(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception exception)
        {
            // Kept for whoever calls next: an exception of a background task must neither be lost nor come up unobserved.
            Interlocked.CompareExchange(ref failure, exception, null);
            await stop.CancelAsync();
        }
    }

    async Task Work(Action<GzipMember> work)
    {
        await foreach (var job in todo.Reader.ReadAllAsync(stop.Token))
        {
            work(job.Member);
            job.Done.SetResult();
        }
    }

    async Task Deliver(Func<GzipMember, CancellationToken, ValueTask> deliver)
    {
        await foreach (var job in order.Reader.ReadAllAsync(stop.Token))
        {
            await job.Done.Task.WaitAsync(stop.Token);
            await deliver(job.Member, stop.Token);
            free.Writer.TryWrite(job.Member);
        }
    }
}
