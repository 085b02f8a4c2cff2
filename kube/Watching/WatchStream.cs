using System.Runtime.CompilerServices;
using System.Text.Json;

namespace BackupRunner.Kube;

/// <summary>The lines of one watch request, until the server ends it.</summary>
static class WatchStream
{
    /// <exception cref="IOException">It was cut, perhaps in the middle of a line.</exception>
    /// <exception cref="JsonException">A line is not what a watch says.</exception>
    public static async IAsyncEnumerable<WatchLine<T>> Lines<T>(Stream from, KubeResource<T> of, [EnumeratorCancellation] CancellationToken cancel)
        where T : KubeObject
    {
        using var bytes = new PooledBytes();
        var searched = 0;
        while (await bytes.Fill(from, cancel))
        {
            var used = 0;
            while (bytes.Span[searched..].IndexOf((byte)'\n') is >= 0 and var length)
            {
                var end = searched + length;
                if (!IsBlank(bytes.Span[used..end]))
                    yield return WatchLine<T>.Read(bytes.Span[used..end], of.Json);
                searched = used = end + 1;
            }
            bytes.Drop(used);
            searched = bytes.Count;
            if (bytes.Count > KubeTransport.MaxAnswerBytes)
                throw new IOException("a line of the watch does not end");
        }
        if (!IsBlank(bytes.Span))
            throw new IOException("the watch was cut in the middle of an event");
    }

    static bool IsBlank(ReadOnlySpan<byte> line) => line.Trim(" \r\n\t"u8).IsEmpty;
}
