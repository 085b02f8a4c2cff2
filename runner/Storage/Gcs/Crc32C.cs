using System.Buffers.Binary;
using System.Numerics;

namespace BackupRunner.Storage.Gcs;

/// <summary>CRC-32C (Castagnoli, RFC 9260 appendix A) of bytes that come piece by piece: the checksum that Cloud Storage keeps of every object.</summary>
public readonly record struct Crc32C
{
    // The register's complement: the default is the checksum of no bytes.
    readonly uint value;

    Crc32C(uint value) => this.value = value;

    public Crc32C Append(ReadOnlySpan<byte> bytes)
    {
        var register = ~value;
        while (bytes.Length >= sizeof(ulong))
        {
            register = BitOperations.Crc32C(register, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (var rest in bytes)
            register = BitOperations.Crc32C(register, rest);
        return new Crc32C(~register);
    }

    /// <summary>As Cloud Storage writes it: base64 of the four bytes, the highest first.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Convert.ToBase64String(bytes);
    }
}
