using BackupRunner.Reports;

namespace BackupRunner.Storage;

/// <summary>Reads objects that are small by their nature whole: manifests, wrapped keys, checksums.</summary>
public static class SmallObject
{
    /// <returns>The bytes of this version; fewer when the store gave fewer.</returns>
    /// <exception cref="RunnerException">Exit 5: larger than <paramref name="maxBytes"/>; 4: not readable.</exception>
    public static async Task<byte[]> Read(IObjectStore store, StoredObject stored, int maxBytes, CancellationToken cancel)
    {
        if (stored.Bytes > maxBytes)
            throw new RunnerException(ExitCode.Integrity, $"\"{stored.Key}\" is too large for what it is: {stored.Bytes} bytes", "it was altered; restore another backup");
        await using var stream = await store.OpenRead(stored, 0, cancel);
        var bytes = new byte[stored.Bytes];
        var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel);
        return bytes[..read];
    }

    /// <summary>Reads back what was just stored.</summary>
    /// <exception cref="RunnerException">Exit 4: not readable, or other bytes.</exception>
    public static async Task RequireReadBack(IObjectStore store, StoredObject put, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        await using var stream = await store.OpenRead(put, 0, cancel);
        var read = new byte[content.Length + 1];
        var count = await stream.ReadAtLeastAsync(read, read.Length, throwOnEndOfStream: false, cancel);
        if (!read.AsSpan(0, count).SequenceEqual(content.Span))
            throw OtherBytes(store, put.Key);
    }

    public static RunnerException OtherBytes(IObjectStore store, string key) => new(
        ExitCode.Storage, $"\"{key}\" in {store.Address} reads back other bytes than were written", "another program writes to this store, or it is damaged");
}
