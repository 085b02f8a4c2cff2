namespace BackupRunner.Storage;

/// <summary>A stored object. <paramref name="Modified"/> is by the store's own clock; <paramref name="Version"/> changes with the content (an ETag, a generation).</summary>
public sealed record StoredObject(string Key, long Bytes, DateTimeOffset Modified, string Version);

/// <summary>An upload that was begun and neither completed nor aborted. <paramref name="Handle"/> is the store's own name for it.</summary>
public sealed record UnfinishedUpload(string Key, string Handle, DateTimeOffset Modified);

/// <summary>A part of a listing. <paramref name="Next"/> asks for the part after it; null at the end.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

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

    /// <summary>Objects whose key starts with <paramref name="prefix"/>, in the order of their keys (ordinal). <see cref="Listing"/> reads all pages.</summary>
    /// <param name="token">The <see cref="Page{T}.Next"/> of the page before; null for the first page.</param>
    Task<Page<StoredObject>> ListPage(string prefix, string? token, CancellationToken cancel);

    /// <summary>Afterwards there is none under the key, whether or not there was one.</summary>
    Task Delete(string key, CancellationToken cancel);

    /// <summary>Uploads that were begun under keys with <paramref name="prefix"/> and are neither complete nor aborted; none where the store cannot list them.</summary>
    Task<Page<UnfinishedUpload>> ListUploadsPage(string prefix, string? token, CancellationToken cancel);

    /// <summary>One that is complete or aborted already is left as it is.</summary>
    Task AbortUpload(UnfinishedUpload upload, CancellationToken cancel);
}

/// <summary>
/// An object on its way into the store. Disposing it before <see cref="Complete"/> aborts it and leaves nothing behind; where that fails it
/// throws <see cref="RunnerException"/> and may be tried again.
/// </summary>
public interface IObjectUpload : IAsyncDisposable
{
    /// <summary>How many parts may be sent at the same time. Where it is 1 they are sent in order, and only the last one sent can be sent again.</summary>
    int PartsAtOnce { get; }

    /// <summary>Bytes of every part but the last: those, or what <see cref="PartSizes.For"/> makes of them.</summary>
    PartSizes PartSizes { get; }

    /// <summary>Sends one part; a part that is sent again replaces itself.</summary>
    /// <param name="number">From 1, without gaps.</param>
    /// <param name="offset">Where the part's first byte stands in the object.</param>
    Task SendPart(int number, long offset, ReadOnlyMemory<byte> part, CancellationToken cancel);

    /// <summary>Makes the object visible under its key, durably. May be called again when it is not known whether it did.</summary>
    Task<StoredObject> Complete(CancellationToken cancel);
}
