using System.Buffers.Binary;
using System.Text;

namespace BackupRunner.Archive;

/// <summary>Numbers in tar headers: octal text, or GNU's base-256, big-endian with the top bit of the first byte set.</summary>
public static class TarNumber
{
    /// <returns>Null for what is no number or negative or does not fit 63 bits. A field of zero bytes is 0, one of blanks is null, as for
    /// GNU tar.</returns>
    public static long? Parse(ReadOnlySpan<byte> field)
    {
        if (field[0] >= 0x80)
            return ParseBase256(field);
        var digits = field.TrimStart((byte)' ');
        if (digits.IsEmpty)
            return null;
        long value = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var b = digits[i];
            if (b is (byte)' ' or 0)
                return i > 0 || !digits.ContainsAnyExcept((byte)0) ? value : null;
            if (b is < (byte)'0' or > (byte)'7' || value >> 60 != 0)
                return null;
            value = (value << 3) | (uint)(b - '0');
        }
        return value;
    }

    /// <summary>Writes octal with a closing NUL where the value fits, base-256 where it does not.</summary>
    public static void Write(Span<byte> field, uint value)
    {
        var octal = Convert.ToString(value, 8).PadLeft(field.Length - 1, '0');
        if (octal.Length < field.Length)
        {
            Encoding.ASCII.GetBytes(octal, field);
            field[^1] = 0;
            return;
        }
        field.Clear();
        field[0] = 0x80;
        BinaryPrimitives.WriteUInt32BigEndian(field[^sizeof(uint)..], value);
    }

    static long? ParseBase256(ReadOnlySpan<byte> field)
    {
        if (field.Length <= sizeof(long) || field[0] != 0x80 || field[1..^sizeof(long)].ContainsAnyExcept((byte)0))
            return null;
        var value = BinaryPrimitives.ReadInt64BigEndian(field[^sizeof(long)..]);
        return value >= 0 ? value : null;
    }
}
