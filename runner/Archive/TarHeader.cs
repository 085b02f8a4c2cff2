namespace BackupRunner.Archive;

/// <summary>One 512-byte header block of a tar file (POSIX ustar, and GNU's own: "info tar", Basic Tar Format).</summary>
public readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    public const int BlockBytes = 512;
    public const int ChecksumOffset = 148;
    public const int ChecksumLength = 8;
    public const int UidOffset = 108;
    public const int GidOffset = 116;
    public const int IdLength = 8;

    readonly ReadOnlySpan<byte> block = block;

    public byte Type => block[156];

    public ReadOnlySpan<byte> SizeField => block.Slice(124, 12);

    /// <summary>Without the prefix.</summary>
    public ReadOnlySpan<byte> Name => Text(0, 100);

    public ReadOnlySpan<byte> Link => Text(157, 100);

    /// <summary>Empty unless the header is POSIX's: GNU keeps other things there.</summary>
    public ReadOnlySpan<byte> Prefix => block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(345, 155) : [];

    public bool IsGnu => block.Slice(257, 8).SequenceEqual("ustar  \0"u8);

    /// <summary>Of GNU's type S: the size with its holes.</summary>
    public ReadOnlySpan<byte> RealSizeField => block.Slice(483, 12);

    /// <summary>Of GNU's type S: a block with more of the map follows.</summary>
    public bool IsExtended => block[482] != 0;

    /// <summary>It does not describe an entry but what follows it: pax headers (X is Solaris'), GNU long names.</summary>
    public bool IsMeta => (char)Type is 'x' or 'X' or 'g' or 'L' or 'K';

    public bool IsZero => !block.ContainsAnyExcept((byte)0);

    /// <summary>Old tars added the bytes up as signed; either sum is right, as for GNU tar.</summary>
    public bool HasValidChecksum
    {
        get
        {
            if (TarNumber.Parse(block.Slice(ChecksumOffset, ChecksumLength)) is not { } expected)
                return false;
            var (plain, signed) = Sums(block);
            return expected == plain || expected == signed;
        }
    }

    public static (long Plain, long Signed) Sums(ReadOnlySpan<byte> block)
    {
        long plain = 0, high = 0;
        for (var i = 0; i < BlockBytes; i++)
        {
            var b = i is >= ChecksumOffset and < ChecksumOffset + ChecksumLength ? (byte)' ' : block[i];
            plain += b;
            high += b >> 7;
        }
        return (plain, plain - (256 * high));
    }

    ReadOnlySpan<byte> Text(int offset, int length)
    {
        var field = block.Slice(offset, length);
        var end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }
}
