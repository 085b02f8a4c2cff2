using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>A file that is written whole or by durable appends, found by its directory and never through a symbolic link.</summary>
static unsafe class SmallFile
{
    const int MostBytes = 256 * 1024 * 1024;

    /// <returns>Null when there is none.</returns>
    public static byte[]? Read(Descriptor directory, EntryName name, string shown)
    {
        using var file = directory.OpenAt(name.Terminated, Libc.NonBlocking, 0);
        if (file is null)
            return LastError.Number == Errno.NoEntry ? null : throw LastError.Failure($"read \"{shown}\"");
        using var content = new MemoryStream();
        var buffer = new byte[64 * 1024];
        fixed (byte* start = buffer)
        {
            while (content.Length <= MostBytes)
            {
                var read = Libc.Read(file, start, (nuint)buffer.Length);
                if (read == 0)
                    return content.ToArray();
                if (read > 0)
                    content.Write(buffer, 0, (int)read);
                else if (LastError.Number != Errno.Interrupted)
                    throw LastError.Failure($"read \"{shown}\"");
            }
        }
        throw new RunnerException(ExitCode.Volume, $"\"{shown}\" has more than {MostBytes} bytes");
    }

    public static void Create(Descriptor directory, EntryName name, string shown, ReadOnlySpan<byte> content, int roomBytes)
    {
        const uint ownerOnly = 0b110_000_000;
        using var file = directory.OpenAt(name.Terminated, Libc.WriteOnly | Libc.Create | Libc.Exclusive, ownerOnly)
            ?? throw LastError.Failure($"create \"{shown}\"");
        Write(file, shown, content);
        // A disk that fills up must not stop the few records that are still to come.
        if (Libc.Allocate(file, Libc.FallocateKeepSize, 0, content.Length + (long)roomBytes) != 0
            && LastError.Number is not (Errno.NotSupported or Errno.NotImplemented))
            throw LastError.Failure($"create \"{shown}\"");
        Sync(file, shown);
    }

    public static void Append(Descriptor directory, EntryName name, string shown, long length, ReadOnlySpan<byte> content)
    {
        using var file = directory.OpenAt(name.Terminated, Libc.WriteOnly | Libc.Append, 0) ?? throw LastError.Failure($"write \"{shown}\"");
        var end = Libc.Seek(file, 0, 2);
        // To cut also frees the room beyond: only when there is something to cut.
        if (end < 0 || (end > length && Libc.Truncate(file, length) != 0))
            throw LastError.Failure($"write \"{shown}\"");
        Write(file, shown, content);
        Sync(file, shown);
    }

    static void Write(Descriptor file, string shown, ReadOnlySpan<byte> content)
    {
        fixed (byte* start = content)
        {
            for (var done = 0; done < content.Length;)
            {
                var written = Libc.Write(file, start + done, (nuint)(content.Length - done));
                if (written < 0 && LastError.Number != Errno.Interrupted)
                    throw LastError.Failure($"write \"{shown}\"");
                done += (int)Math.Max(0, written);
            }
        }
    }

    static void Sync(Descriptor file, string shown)
    {
        if (Libc.Sync(file) != 0)
            throw LastError.Failure($"sync \"{shown}\"");
    }
}
