using System.Buffers;
using System.Buffers.Binary;

namespace BackupRunner.Posix;

/// <summary>
/// Reads the names in a directory, one pooled buffer at a time, without <c>.</c> and <c>..</c>. <see cref="Position"/> is where the next
/// reader of the same directory goes on after the current entry.
/// </summary>
sealed unsafe class DirectoryReader(Descriptor directory, string shown) : IDisposable
{
    const int BufferBytes = 32 * 1024;
    const int HeaderBytes = 19;

    readonly byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    int filled;
    int next;

    public EntryName Current { get; private set; } = null!;

    public long Position { get; private set; }

    /// <exception cref="RunnerException">The directory cannot be read (exit code 6).</exception>
    public bool Next()
    {
        while (true)
        {
            if (next == filled && !Fill())
                return false;
            // struct linux_dirent64 (getdents(2)): inode 8, offset 8, length 2, type 1, name.
            var entry = buffer.AsSpan(next, filled - next);
            next += BinaryPrimitives.ReadUInt16LittleEndian(entry[16..]);
            Position = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
            var name = entry[HeaderBytes..];
            name = name[..name.IndexOf((byte)0)];
            if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
                continue;
            Current = new EntryName(name);
            return true;
        }
    }

    /// <summary>From <paramref name="position"/> on; 0 is the beginning.</summary>
    public void Seek(long position)
    {
        if (Libc.Seek(directory, position, 0) < 0)
            throw LastError.Failure($"read \"{shown}\"");
        (filled, next) = (0, 0);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    bool Fill()
    {
        fixed (byte* start = buffer)
        {
            var read = Libc.ReadDirectory(directory, start, BufferBytes);
            if (read < 0)
                throw LastError.Failure($"read \"{shown}\"");
            (filled, next) = ((int)read, 0);
            return read > 0;
        }
    }
}
