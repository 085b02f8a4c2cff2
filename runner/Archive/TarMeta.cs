using System.Buffers.Text;
using BackupRunner.Posix;

namespace BackupRunner.Archive;

/// <summary>What the headers before an entry's own say about it: pax records and GNU long names.</summary>
public sealed class TarMeta
{
    public byte[]? Path { get; private set; }

    public byte[]? LinkPath { get; private set; }

    public long? Size { get; private set; }

    public long? RealSize { get; private set; }

    public long AttributeBytes { get; private set; }

    public bool HasTextAcl { get; private set; }

    byte[]? sparseName;
    bool hasPax;
    byte[]? longName;
    byte[]? longLink;

    /// <summary>The entry's name where it is not the one in its header. GNU.sparse.name goes first, as for GNU tar.</summary>
    public byte[]? Name => sparseName ?? Path ?? longName;

    public byte[]? Link => LinkPath ?? longLink;

    /// <returns>What is wrong with it; null when nothing is.</returns>
    public string? Add(byte type, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case (byte)'L':
                return AddLong(ref longName, payload);
            case (byte)'K':
                return AddLong(ref longLink, payload);
            default:
                if (hasPax)
                    return "two extended headers for one entry";
                hasPax = true;
                return AddPax(payload);
        }
    }

    /// <summary>A global header holds defaults (git writes a comment). One that names or measures entries would be a trap: tars differ on
    /// it.</summary>
    public static string? CheckGlobal(ReadOnlySpan<byte> payload)
    {
        var records = new PaxRecords(payload);
        while (records.MoveNext())
        {
            if (records.Key.SequenceEqual("path"u8) || records.Key.SequenceEqual("linkpath"u8) || records.Key.SequenceEqual("size"u8)
                || records.Key.StartsWith("GNU."u8))
                return $"a global header with \"{ByteName.Show(records.Key)}\"";
        }
        return records.IsMalformed ? "a malformed extended header" : null;
    }

    static string? AddLong(ref byte[]? slot, ReadOnlySpan<byte> payload)
    {
        if (slot is not null)
            return "two long names for one entry";
        slot = payload.TrimEnd((byte)0).ToArray();
        return slot.Length == 0 ? "an empty name" : null;
    }

    string? AddPax(ReadOnlySpan<byte> payload)
    {
        var records = new PaxRecords(payload);
        while (records.MoveNext())
        {
            var key = records.Key;
            var value = records.Value;
            if (key.SequenceEqual("path"u8))
                Path = value.ToArray();
            else if (key.SequenceEqual("linkpath"u8))
                LinkPath = value.ToArray();
            else if (key.SequenceEqual("GNU.sparse.name"u8))
                sparseName = value.ToArray();
            else if (key.SequenceEqual("size"u8) && (Size = Decimal(value)) is null)
                return "a malformed size";
            else if ((key.SequenceEqual("GNU.sparse.size"u8) || key.SequenceEqual("GNU.sparse.realsize"u8))
                && (RealSize = Decimal(value)) is null)
                return "a malformed size";
            else if (key.StartsWith("SCHILY.xattr."u8))
                AttributeBytes += key.Length + value.Length;
            else if (key.StartsWith("SCHILY.acl."u8))
                HasTextAcl = true;
        }
        return records.IsMalformed ? "a malformed extended header" : null;
    }

    static long? Decimal(ReadOnlySpan<byte> text) =>
        !text.IsEmpty && char.IsAsciiDigit((char)text[0]) && Utf8Parser.TryParse(text, out long value, out var length)
            && length == text.Length && value <= TarScanner.MaximumPayloadBytes
            ? value
            : null;
}
