namespace BackupRunner.Storage;

/// <summary>A stored object. <paramref name="Modified"/> is by the store's own clock; <paramref name="Version"/> changes with the content (an ETag, a generation).</summary>
public sealed record StoredObject(string Key, long Bytes, DateTimeOffset Modified, string Version);

/// <summary>An upload that was begun and neither completed nor aborted. <paramref name="Handle"/> is the store's own name for it.</summary>
public sealed record UnfinishedUpload(string Key, string Handle, DateTimeOffset Modified);

/// <summary>
/// Objects under keys with <c>/</c> in them. An object appears whole, under its key, or not at all; every store passes ObjectStoreContract.
/// A missing object is <c>null</c> or <c>false</c>; a store that cannot answer throws <see cref="RunnerException"/> with exit code 4.
/// </summary>
public interface IObjectStore
{
    /// <summary>Where the objects are, for messages: <c>file:/backups</c>, <c>s3://bucket</c>. Without secrets.</summary>
    string Address { get; }

    Task<StoredObject?> Head(string key, CancellationToken cancel);

    /// <summary>The object's bytes from <paramref name="offset"/> on. Reading fails if the object is no longer <paramref name="stored"/>'s version.</summary>
    Task<Stream> OpenRead(StoredObject stored, long offset, CancellationToken cancel);

    /// <summary>Stores a small object, replacing what is there.</summary>
    Task<StoredObject> Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancel);

    /// <summary>Begins an object whose size is not known; nothing is visible under the key before it is completed.</summary>
    Task<IObjectUpload> BeginUpload(string key, CancellationToken cancel);

    /// <summary>All objects whose key starts with <paramref name="prefix"/>, in the order of their keys (ordinal), by pages.</summary>
    IAsyncEnumerable<StoredObject> List(string prefix, CancellationToken cancel);

    /// <returns>False when there was none.</returns>
    Task<bool> Delete(string key, CancellationToken cancel);

    IAsyncEnumerable<UnfinishedUpload> ListUploads(string prefix, CancellationToken cancel);

    Task AbortUpload(UnfinishedUpload upload, CancellationToken cancel);
}

/// <summary>An object on its way into the store. Disposing it before <see cref="Complete"/> aborts it and leaves nothing behind.</summary>
public interface IObjectUpload : IAsyncDisposable
{
    /// <summary>Bytes of every part but the last, at this number (from 1): a part size may grow with the number.</summary>
    int PartBytes(int number);

    /// <summary>Sends one part. Parts may be sent at the same time and in any order; a part that is sent again replaces itself.</summary>
    /// <param name="number">From 1, without gaps.</param>
    /// <param name="offset">Where the part's first byte stands in the object.</param>
    Task SendPart(int number, long offset, ReadOnlyMemory<byte> part, CancellationToken cancel);

    /// <summary>Makes the object visible under its key, durably.</summary>
    Task<StoredObject> Complete(CancellationToken cancel);
}
