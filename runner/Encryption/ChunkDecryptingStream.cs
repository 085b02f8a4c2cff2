using BackupRunner.Keys;
using BackupRunner.Storage;

namespace BackupRunner.Encryption;

/// <summary>Decrypts in chunks. One byte more than a chunk is read, which tells whether it is the last.</summary>
/// <param name="chunkBytes">Of the stored bytes; only the last chunk is shorter.</param>
abstract class ChunkDecryptingStream(Stream stored, int chunkBytes) : ForwardStream
{
    readonly byte[] ahead = new byte[chunkBytes + 1];
    readonly SecretBytes plain = new(chunkBytes);
    int filled;
    int from;
    int to;
    bool ended;
    RunnerException? refusal;

    /// <returns>How many bytes of <paramref name="plain"/> it became.</returns>
    /// <exception cref="RunnerException">Exit 5. What is in <paramref name="plain"/> is never read then, nor anything after it.</exception>
    protected abstract int Decrypt(ReadOnlySpan<byte> chunk, bool last, Span<byte> plain);

    public sealed override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || !await HasMore(cancellationToken))
            return 0;
        var count = Math.Min(buffer.Length, to - from);
        plain.Span.Slice(from, count).CopyTo(buffer.Span);
        from += count;
        return count;
    }

    /// <summary>Writes whole chunks.</summary>
    public sealed override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        while (await HasMore(cancellationToken))
        {
            await destination.WriteAsync(plain.Array.AsMemory(from, to - from), cancellationToken);
            from = to;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            plain.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Can be called again after the stored stream failed or the reading was canceled: what it had read it still has.</summary>
    async ValueTask<bool> HasMore(CancellationToken cancel)
    {
        while (from == to)
        {
            if (refusal is not null)
                throw refusal;
            if (ended)
                return false;
            while (filled < ahead.Length && await stored.ReadAsync(ahead.AsMemory(filled), cancel) is > 0 and var count)
                filled += count;
            DecryptNext();
        }
        return true;
    }

    void DecryptNext()
    {
        ended = filled < ahead.Length;
        var length = ended ? filled : chunkBytes;
        try
        {
            to = Decrypt(ahead.AsSpan(0, length), ended, plain.Span);
            from = 0;
        }
        catch (RunnerException failure)
        {
            refusal = failure;
            throw;
        }
        ahead[0] = ahead[^1];
        filled -= length;
    }
}
