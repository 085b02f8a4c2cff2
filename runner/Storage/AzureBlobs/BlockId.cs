using System.Buffers.Binary;
using System.Security.Cryptography;

namespace BackupRunner.Storage.AzureBlobs;

/// <summary>
/// The name of a block: which upload it is of, when its part was first sent by the store's clock, and the part's number. All names are of
/// one length, as the service demands. The time is here because the service has none for what is not committed.
/// </summary>
/// <param name="Upload">Drawn for each upload: blocks that an earlier one left under the same key are never taken for this one's.</param>
/// <param name="Number">From 1; 0 is the block that proves that the key can be written, which is in no list.</param>
public sealed record BlockId(ulong Upload, DateTimeOffset Sent, int Number)
{
    // Base64 without padding: 24 bytes are 32 characters.
    const int Bytes = 24;

    static ReadOnlySpan<byte> Magic => "BRUN"u8;

    public static ulong NewUpload() => BinaryPrimitives.ReadUInt64BigEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[4..], Upload);
        BinaryPrimitives.WriteInt64BigEndian(bytes[12..], Sent.ToUnixTimeSeconds());
        BinaryPrimitives.WriteInt32BigEndian(bytes[20..], Number);
        return Convert.ToBase64String(bytes);
    }

    /// <returns>Null when another program named the block.</returns>
    public static BlockId? Parse(string name)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        if (!Convert.TryFromBase64String(name, bytes, out var count) || count != Bytes || !bytes.StartsWith(Magic))
            return null;
        var sent = BinaryPrimitives.ReadInt64BigEndian(bytes[12..]);
        return sent < 0 || sent > DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? null : new BlockId(
            BinaryPrimitives.ReadUInt64BigEndian(bytes[4..]), DateTimeOffset.FromUnixTimeSeconds(sent), BinaryPrimitives.ReadInt32BigEndian(bytes[20..]));
    }
}
