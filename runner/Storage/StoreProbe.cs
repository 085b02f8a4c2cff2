using System.Security.Cryptography;
using BackupRunner.Reports;

namespace BackupRunner.Storage;

/// <summary>Proves on an object of its own that the store can be written, read, listed and deleted from.</summary>
public static class StoreProbe
{
    const string Name = "probe-";
    const string UploadSuffix = "-upload";
    const int RandomBytes = 8;

    /// <summary>Every one of them is tried, so that all missing permissions are told at once.</summary>
    /// <param name="folder">Ends in a slash, or is empty.</param>
    /// <returns>The time by the store's clock.</returns>
    /// <exception cref="RunnerException">Exit 4, with all that failed.</exception>
    public static async Task<DateTimeOffset> Run(IObjectStore store, string folder, CancellationToken cancel)
    {
        var content = RandomNumberGenerator.GetBytes(32);
        var key = KeyIn(folder);
        // What cannot be written cannot be read, listed or deleted either.
        var put = await store.Put(key, content, cancel);
        var failures = new List<RunnerException>();
        await Try(failures, () => SmallObject.RequireReadBack(store, put, content, cancel));
        await Try(failures, () => FindInListing(store, folder, put, cancel));
        await Try(failures, () => BeginAndAbort(store, key + UploadSuffix, content, cancel));
        await Try(failures, () => store.Delete(key, cancel));
        RunnerException.ThrowAll(failures);
        return put.Modified;
    }

    /// <summary>The time by the store's clock, which an object of its own is stamped with.</summary>
    public static async Task<DateTimeOffset> Time(IObjectStore store, string folder, CancellationToken cancel)
    {
        var put = await store.Put(KeyIn(folder), ReadOnlyMemory<byte>.Empty, cancel);
        try
        {
            await store.Delete(put.Key, cancel);
        }
        catch (RunnerException)
        {
            // A bucket that keeps what it has for a while: the object is among those that are left, and goes with them.
        }
        return put.Modified;
    }

    /// <summary>What probes could not delete.</summary>
    public static IAsyncEnumerable<StoredObject> Left(IObjectStore store, string folder, CancellationToken cancel) =>
        store.List(folder + Name, cancel).Where(stored => IsOwn(stored.Key, folder));

    /// <summary>Whether the upload is a probe's.</summary>
    public static bool IsOwn(UnfinishedUpload upload, string folder) =>
        upload.Key.EndsWith(UploadSuffix, StringComparison.Ordinal) && IsOwn(upload.Key[..^UploadSuffix.Length], folder);

    /// <summary>By the whole name: a namespace may begin like one.</summary>
    static bool IsOwn(string key, string folder) =>
        key.StartsWith(folder + Name, StringComparison.Ordinal)
        && key[(folder.Length + Name.Length)..] is { Length: 2 * RandomBytes } random && random.All(char.IsAsciiHexDigitLower);

    static string KeyIn(string folder) => $"{folder}{Name}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes))}";

    static async Task FindInListing(IObjectStore store, string folder, StoredObject put, CancellationToken cancel)
    {
        if (!await Left(store, folder, cancel).AnyAsync(stored => stored.Key == put.Key, cancel))
            throw new RunnerException(ExitCode.Storage, $"\"{put.Key}\" was written to {store.Address} but is not listed", "does the store list with a delay, or another program delete from it");
    }

    static async Task BeginAndAbort(IObjectStore store, string key, byte[] content, CancellationToken cancel)
    {
        await using (var upload = await store.BeginUpload(key, cancel))
            await upload.SendPart(1, 0, content, cancel);
        // What the upload's own end could not abort says here why.
        await foreach (var left in store.ListUploads(key, cancel))
            await store.AbortUpload(left, cancel);
    }

    static async Task Try(List<RunnerException> failures, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (RunnerException failure)
        {
            failures.Add(failure);
        }
    }
}
