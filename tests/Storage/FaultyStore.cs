using BackupRunner.Reports;
using BackupRunner.Storage;

namespace BackupRunner.Tests.Storage;

/// <summary>A store that passes every call on to another, after asking whether it may.</summary>
/// <param name="before">Called before each call that changes something, with its number from 0; throws to make it fail.</param>
public class FaultyStore(IObjectStore inner, Action<int> before) : IObjectStore
{
    int calls = -1;

    public string Address => inner.Address;

    public virtual Task<StoredObject?> Head(string key, CancellationToken cancel) => inner.Head(key, cancel);

    public virtual Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel) => inner.OpenRead(stored, offset, cancel);

    public virtual Task<Page<StoredObject>> ListPage(string prefix, string? token, CancellationToken cancel) => inner.ListPage(prefix, token, cancel);

    public virtual Task<Page<UnfinishedUpload>> ListUploadsPage(string prefix, string? token, CancellationToken cancel) => inner.ListUploadsPage(prefix, token, cancel);

    public virtual Task<StoredObject> Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancel) => Asked().Put(key, content, cancel);

    public virtual Task Delete(string key, CancellationToken cancel) => Asked().Delete(key, cancel);

    public virtual Task AbortUpload(UnfinishedUpload upload, CancellationToken cancel) => Asked().AbortUpload(upload, cancel);

    public virtual async Task<IObjectUpload> BeginUpload(string key, CancellationToken cancel) => new Upload(this, await Asked().BeginUpload(key, cancel));

    IObjectStore Asked()
    {
        before(Interlocked.Increment(ref calls));
        return inner;
    }

    public static RunnerException Failure() => new(ExitCode.Storage, "the store is gone");

    sealed class Upload(FaultyStore store, IObjectUpload inner) : IObjectUpload
    {
        public int PartsAtOnce => inner.PartsAtOnce;

        public PartSizes PartSizes => inner.PartSizes;

        public Task SendPart(int number, long offset, ReadOnlyMemory<byte> part, CancellationToken cancel)
        {
            store.Asked();
            return inner.SendPart(number, offset, part, cancel);
        }

        public Task<StoredObject> Complete(CancellationToken cancel)
        {
            store.Asked();
            return inner.Complete(cancel);
        }

        public ValueTask DisposeAsync() => store.CanAbort ? inner.DisposeAsync() : ValueTask.CompletedTask;
    }

    protected virtual bool CanAbort => true;
}

/// <summary>Dies after so many calls: all later ones fail, and nothing can be cleaned up, as after a kill.</summary>
public sealed class DyingStore(IObjectStore inner, int operationsToLive) : FaultyStore(inner, call =>
{
    if (call >= operationsToLive)
        throw Failure();
})
{
    protected override bool CanAbort => false;
}

/// <summary>Says that it keeps less than was sent.</summary>
public sealed class Forgetful(IObjectStore inner) : FaultyStore(inner, _ => { })
{
    public override async Task<StoredObject?> Head(string key, CancellationToken cancel) =>
        await base.Head(key, cancel) is { } stored ? stored with { Bytes = stored.Bytes - 1 } : null;
}
