using System.Runtime.CompilerServices;

namespace BackupRunner.Storage;

/// <summary>Reads listings to their end, one page in memory at a time.</summary>
public static class Listing
{
    public static IAsyncEnumerable<StoredObject> List(this IObjectStore store, string prefix, CancellationToken cancel) =>
        All((token, stop) => store.ListPage(prefix, token, stop), cancel);

    public static IAsyncEnumerable<UnfinishedUpload> ListUploads(this IObjectStore store, string prefix, CancellationToken cancel) =>
        All((token, stop) => store.ListUploadsPage(prefix, token, stop), cancel);

    static async IAsyncEnumerable<T> All<T>(Func<string?, CancellationToken, Task<Page<T>>> read, [EnumeratorCancellation] CancellationToken cancel)
    {
        string? token = null;
        do
        {
            var page = await read(token, cancel);
            foreach (var item in page.Items)
                yield return item;
            token = page.Next;
        }
        while (token is not null);
    }
}
