using BackupRunner.Keys;

namespace BackupRunner.Encryption;

/// <summary>Encrypts in chunks. The last chunk is encrypted in another way than those before it, so a full one is held back until more comes.</summary>
/// <param name="plainBytes">The most that a chunk holds.</param>
/// <param name="storedBytes">The most that a chunk becomes.</param>
abstract class ChunkEncryptingStream(Stream inner, int plainBytes, int storedBytes) : EncryptingStream
{
    readonly SecretBytes plain = new(plainBytes);
    readonly byte[] stored = new byte[storedBytes];
    int held;
    bool closed;

    /// <summary>The bytes that the current chunk holds when it is full.</summary>
    protected abstract int Room { get; }

    /// <summary>Encrypts the current chunk; the next one is current then.</summary>
    /// <returns>How many bytes of <paramref name="stored"/> it became.</returns>
    protected abstract int Encrypt(ReadOnlySpan<byte> plain, bool last, Span<byte> stored);

    public sealed override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        while (!buffer.IsEmpty)
        {
            if (held == Room)
            {
                await Put(plain.Array.AsMemory(0, held), last: false, cancellationToken);
                held = 0;
            }
            var room = Room;
            if (held == 0 && buffer.Length > room)
            {
                await Put(buffer[..room], last: false, cancellationToken);
                buffer = buffer[room..];
                continue;
            }
            var count = Math.Min(buffer.Length, room - held);
            buffer.Span[..count].CopyTo(plain.Span[held..]);
            held += count;
            buffer = buffer[count..];
        }
    }

    public sealed override async Task Complete(CancellationToken cancel)
    {
        ThrowIfClosed();
        await Put(plain.Array.AsMemory(0, held), last: true, cancel);
        closed = true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            closed = true;
            plain.Dispose();
        }
        base.Dispose(disposing);
    }

    async ValueTask Put(ReadOnlyMemory<byte> chunk, bool last, CancellationToken cancel)
    {
        // A chunk that was not written leaves a hole, and nothing may come after it.
        closed = true;
        var length = Encrypt(chunk.Span, last, stored);
        await inner.WriteAsync(stored.AsMemory(0, length), cancel);
        closed = false;
    }

    void ThrowIfClosed()
    {
        if (closed)
            throw new InvalidOperationException("the stream is complete, disposed, or a write to it failed");
    }
}
