using System.Runtime.InteropServices;

namespace BackupRunner.Storage;

/// <summary>Bytes in memory as the stream that the providers' libraries want.</summary>
static class MemoryBytes
{
    /// <summary>Reads the bytes where they are, without a copy when they are part of an array.</summary>
    public static MemoryStream AsStream(this ReadOnlyMemory<byte> bytes) => MemoryMarshal.TryGetArray(bytes, out var array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
        : new MemoryStream(bytes.ToArray(), writable: false);
}
