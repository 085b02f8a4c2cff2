using System.Buffers;

namespace BackupRunner.Kube;

/// <summary>Bytes that were read from a stream, in a borrowed buffer.</summary>
sealed class PooledBytes : IDisposable
{
    const int FirstSize = 16 * 1024;

    byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstSize);

    public int Count { get; private set; }

    public ReadOnlySpan<byte> Span => buffer.AsSpan(0, Count);

    public ReadOnlyMemory<byte> Memory => buffer.AsMemory(0, Count);

    /// <summary>False: the stream has ended.</summary>
    public async ValueTask<bool> Fill(Stream from, CancellationToken cancel)
    {
        if (Count == buffer.Length)
            Grow();
        var read = await from.ReadAsync(buffer.AsMemory(Count), cancel);
        Count += read;
        return read > 0;
    }

    /// <summary>The first ones have been used.</summary>
    public void Drop(int count)
    {
        buffer.AsSpan(count, Count - count).CopyTo(buffer);
        Count -= count;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        Count = 0;
    }

    void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
