using System.Security.Cryptography;
using BackupRunner.Reports;

namespace BackupRunner.Storage;

/// <summary>Proves on an object of its own that the store can be written, read, listed and deleted from.</summary>
public static class StoreProbe
{
    /// <param name="folder">Ends in a slash, or is empty.</param>
    /// <returns>The time by the store's clock.</returns>
    /// <exception cref="RunnerException">Exit 4, naming the first of the four that failed.</exception>
    public static async Task<DateTimeOffset> Run(IObjectStore store, string folder, CancellationToken cancel)
    {
        var content = RandomNumberGenerator.GetBytes(32);
        var key = $"{folder}probe-{Convert.ToHexStringLower(content[..8])}";
        var put = await store.Put(key, content, cancel);
        try
        {
            await using var stream = await store.OpenRead(put, 0, cancel);
            var read = new byte[content.Length + 1];
            var count = await stream.ReadAtLeastAsync(read, read.Length, throwOnEndOfStream: false, cancel);
            if (!read.AsSpan(0, count).SequenceEqual(content))
                throw new RunnerException(ExitCode.Storage, $"\"{key}\" in {store.Address} reads back other bytes than were written", "another program writes to this store, or it is damaged");
            if (!await store.List(folder, cancel).AnyAsync(stored => stored.Key == key, cancel))
                throw new RunnerException(ExitCode.Storage, $"\"{key}\" was written to {store.Address} but is not listed", "grant the right to list it");
        }
        finally
        {
            await store.Delete(key, CancellationToken.None);
        }
        return put.Modified;
    }
}
