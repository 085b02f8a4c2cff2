namespace BackupRunner.Storage.Retry;

/// <summary>
/// A store whose requests are repeated when they fail in a way that passes: the one place where that is done. Of a request whose answer
/// was lost it is not known whether the store did it; each repetition is such that it makes no difference.
/// </summary>
public sealed class RetryingStore(IObjectStore inner, RetryPolicy policy, TimeProvider time, Action<string> say) : IObjectStore
{
    /// <summary>For each of the two steps of cleaning up after a failure: both end within the 30 s that Kubernetes gives a pod to end.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    readonly Retrying retrying = new(policy, time, say);

    public string Address => inner.Address;

    public Task<StoredObject?> Head(string key, CancellationToken cancel) => retrying.Run((_, stop) => inner.Head(key, stop), cancel);

    public Task<Page<StoredObject>> ListPage(string prefix, string? token, CancellationToken cancel) =>
        retrying.Run((_, stop) => inner.ListPage(prefix, token, stop), cancel);

    public Task<Page<UnfinishedUpload>> ListUploadsPage(string prefix, string? token, CancellationToken cancel) =>
        retrying.Run((_, stop) => inner.ListUploadsPage(prefix, token, stop), cancel);

    public Task Delete(string key, CancellationToken cancel) => retrying.Run(stop => inner.Delete(key, stop), cancel);

    public Task AbortUpload(UnfinishedUpload upload, CancellationToken cancel) => retrying.Run(stop => inner.AbortUpload(upload, stop), cancel);

    /// <summary>Reading goes on where a connection broke.</summary>
    public async Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel)
    {
        var stream = new ResumingStream(inner, stored, offset, retrying);
        await stream.Open(cancel);
        return stream;
    }

    /// <summary>What an attempt without an answer has stored is not stored once more: a versioned bucket would keep both.</summary>
    public Task<StoredObject> Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancel) => retrying.Run(
        async (before, stop) => (before is null ? null : await Same(key, content, before, stop)) ?? await inner.Put(key, content, stop), cancel);

    /// <summary>What an attempt without an answer has begun is aborted: a key is written by one run only.</summary>
    public async Task<IObjectUpload> BeginUpload(string key, CancellationToken cancel)
    {
        var unanswered = false;
        try
        {
            return new RetryingUpload(await Begin(), retrying, failure => Tell(key, failure), time);
        }
        catch (Exception failure) when (failure is OperationCanceledException || unanswered)
        {
            using var patience = new CancellationTokenSource(Patience, time);
            await AbortQuietly(key, patience.Token);
            throw;
        }

        Task<IObjectUpload> Begin() => retrying.Run(
            async (before, stop) =>
            {
                if (before is not null)
                    await AbortBeforeBegin(key, before, stop);
                try
                {
                    return await inner.BeginUpload(key, stop);
                }
                catch (RunnerException failure) when (failure.Retry is not null)
                {
                    unanswered = true;
                    throw;
                }
            },
            cancel);
    }

    /// <summary>Of a run that ends: what cannot be aborted now is swept with what killed runs leave.</summary>
    async Task AbortQuietly(string key, CancellationToken cancel)
    {
        try
        {
            await AbortUploadsOf(key, cancel);
        }
        catch (Exception failure) when (failure is RunnerException or OperationCanceledException)
        {
        }
    }

    async Task AbortUploadsOf(string key, CancellationToken cancel)
    {
        await foreach (var upload in inner.ListUploads(key, cancel).Where(upload => upload.Key == key))
            await inner.AbortUpload(upload, cancel);
    }

    void Tell(string key, RunnerException? failure) =>
        say($"what was sent of \"{key}\" could not be removed; the service itself or prune will, in days{(failure is null ? "" : ": " + failure.Message)}");

    /// <exception cref="RunnerException"><paramref name="unanswered"/>: the store still does not answer, and that is what is told.</exception>
    async Task AbortBeforeBegin(string key, RunnerException unanswered, CancellationToken cancel)
    {
        try
        {
            await AbortUploadsOf(key, cancel);
        }
        catch (RunnerException failure)
        {
            // Who may not list uploads can begin them all the same; one that was begun for nothing is swept with what killed runs leave.
            if (failure.Retry is not null)
                throw unanswered;
        }
    }

    /// <exception cref="RunnerException"><paramref name="unanswered"/>: the store still does not answer, and that is what is told.</exception>
    async Task<StoredObject?> Same(string key, ReadOnlyMemory<byte> content, RunnerException unanswered, CancellationToken cancel)
    {
        try
        {
            if (await inner.Head(key, cancel) is not { } stored || stored.Bytes != content.Length)
                return null;
            await using var stream = await inner.OpenRead(stored, 0, cancel);
            var read = new byte[content.Length];
            await stream.ReadExactlyAsync(read, cancel);
            return content.Span.SequenceEqual(read) ? stored : null;
        }
        catch (Exception cut) when (ResumingStream.IsCut(cut))
        {
            return null;
        }
        catch (RunnerException failure) when (failure.Retry is not null)
        {
            throw unanswered;
        }
    }

    /// <summary>A part is repeated, not the backup.</summary>
    sealed class RetryingUpload(IObjectUpload inner, Retrying retrying, Action<RunnerException?> left, TimeProvider time) : IObjectUpload
    {
        public int PartsAtOnce => inner.PartsAtOnce;

        public PartSizes PartSizes => inner.PartSizes;

        public Task SendPart(int number, long offset, ReadOnlyMemory<byte> part, CancellationToken cancel) =>
            retrying.Run(stop => inner.SendPart(number, offset, part, stop), cancel);

        public Task<StoredObject> Complete(CancellationToken cancel) => retrying.Run((_, stop) => inner.Complete(stop), cancel);

        /// <summary>A run that has failed, or was told to stop, does not wait long for a store that cannot even abort.</summary>
        public async ValueTask DisposeAsync()
        {
            using var patience = new CancellationTokenSource(Patience, time);
            try
            {
                await retrying.Run(stop => inner.DisposeAsync().AsTask().WaitAsync(stop), patience.Token);
            }
            catch (RunnerException failure)
            {
                left(failure);
            }
            catch (OperationCanceledException)
            {
                left(null);
            }
        }
    }
}
