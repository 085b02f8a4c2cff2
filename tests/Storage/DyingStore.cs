using BackupRunner.Reports;
using BackupRunner.Storage;

namespace BackupRunner.Tests.Storage;

/// <summary>A store whose every call fails after so many that changed something: what a run sees of a store that is gone.</summary>
public sealed class DyingStore(IObjectStore inner, int operationsToLive) : IObjectStore
{
    int left = operationsToLive;

    /// <summary>Calls that would have changed something and were refused.</summary>
    public int Refused { get; private set; }

    public string Address => inner.Address;

    public Task<StoredObject?> Head(string key, CancellationToken cancel) => Alive().Head(key, cancel);

    public Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel) => Alive().OpenRead(stored, offset, cancel);

    public IAsyncEnumerable<StoredObject> List(string prefix, CancellationToken cancel) => Alive().List(prefix, cancel);

    public IAsyncEnumerable<UnfinishedUpload> ListUploads(string prefix, CancellationToken cancel) => Alive().ListUploads(prefix, cancel);

    public Task<StoredObject> Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancel) => Spend().Put(key, content, cancel);

    public Task<bool> Delete(string key, CancellationToken cancel) => Spend().Delete(key, cancel);

    public Task AbortUpload(UnfinishedUpload upload, CancellationToken cancel) => Spend().AbortUpload(upload, cancel);

    public async Task<IObjectUpload> BeginUpload(string key, CancellationToken cancel) => new Upload(this, await Spend().BeginUpload(key, cancel));

    IObjectStore Alive() => left < 0 ? throw Dead() : inner;

    IObjectStore Spend()
    {
        if (Interlocked.Decrement(ref left) >= 0)
            return inner;
        Refused++;
        throw Dead();
    }

    static RunnerException Dead() => new(ExitCode.Storage, "the store is gone");

    sealed class Upload(DyingStore store, IObjectUpload inner) : IObjectUpload
    {
        public int PartBytes(int number) => inner.PartBytes(number);

        public Task SendPart(int number, long offset, ReadOnlyMemory<byte> part, CancellationToken cancel)
        {
            store.Spend();
            return inner.SendPart(number, offset, part, cancel);
        }

        public Task<StoredObject> Complete(CancellationToken cancel)
        {
            store.Spend();
            return inner.Complete(cancel);
        }

        // A dead store cannot be cleaned up either; what it holds stays.
        public ValueTask DisposeAsync() => store.left < 0 ? ValueTask.CompletedTask : inner.DisposeAsync();
    }
}
