using System.Text;
using BackupRunner.Policy;

namespace BackupRunner.Archive;

/// <summary>
/// Gives an entry another owner in its headers, so that tar sets owner, mode and capabilities in the order that keeps them: a later chown
/// would clear
/// setuid bits and file capabilities.
/// </summary>
public static class TarOwner
{
    /// <param name="headers">All headers of one entry, its own last; changed in place, never in length.</param>
    public static void Rewrite(Span<byte> headers, NumericOwner owner)
    {
        while (!headers.IsEmpty)
        {
            var header = new TarHeader(headers);
            var payload = 0;
            if (header.IsMeta)
            {
                var size = (int)TarNumber.Parse(header.SizeField)!.Value;
                if (header.Type is not ((byte)'L' or (byte)'K'))
                    ForgetIds(headers.Slice(TarHeader.BlockBytes, size));
                payload = (size + TarHeader.BlockBytes - 1) / TarHeader.BlockBytes * TarHeader.BlockBytes;
            }
            else
            {
                SetIds(headers, owner);
            }
            headers = headers[(TarHeader.BlockBytes + payload)..];
        }
    }

    // A record that overrides the header's field gets a key that no tar knows.
    static void ForgetIds(Span<byte> payload)
    {
        var records = new PaxRecords(payload);
        while (records.MoveNext())
        {
            if (records.Key.SequenceEqual("uid"u8) || records.Key.SequenceEqual("gid"u8))
                payload[records.KeyOffset] = (byte)'_';
        }
    }

    static void SetIds(Span<byte> header, NumericOwner owner)
    {
        TarNumber.Write(header.Slice(TarHeader.UidOffset, TarHeader.IdLength), owner.Uid);
        TarNumber.Write(header.Slice(TarHeader.GidOffset, TarHeader.IdLength), owner.Gid);
        var checksum = header.Slice(TarHeader.ChecksumOffset, TarHeader.ChecksumLength);
        Encoding.ASCII.GetBytes(Convert.ToString(TarHeader.Sums(header).Plain, 8).PadLeft(6, '0') + "\0 ", checksum);
    }
}
