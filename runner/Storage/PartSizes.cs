namespace BackupRunner.Storage;

/// <summary>
/// How large the parts of an upload are whose size is not known: small at first, then twice as large after every so many parts, so that the
/// largest object a service takes fits the number of parts that it takes. Memory holds two parts of the last size at worst.
/// </summary>
/// <param name="FirstBytes">Of the first parts.</param>
/// <param name="Doubling">After so many parts the size doubles.</param>
/// <param name="MostBytes">The size at which it stays.</param>
public sealed record PartSizes(int FirstBytes, int Doubling, int MostBytes)
{
    const int Mebibyte = 1 << 20;

    /// <summary>S3: 5 TiB in 10,000 parts. 32 MiB up to 37 GiB, 64 MiB up to 87 GiB, 128 MiB up to 187 GiB, 1 GiB from 787 GiB on.</summary>
    public static PartSizes S3 { get; } = new(16 * Mebibyte, 800, 1024 * Mebibyte);

    /// <summary>Azure: 5 TiB in 50,000 blocks. 32 MiB up to 187 GiB, 128 MiB from 437 GiB on.</summary>
    public static PartSizes Azure { get; } = new(16 * Mebibyte, 4000, 128 * Mebibyte);

    /// <summary>Google Cloud Storage takes any number of chunks, each a multiple of 256 KiB.</summary>
    public static PartSizes Gcs { get; } = new(16 * Mebibyte, int.MaxValue, 16 * Mebibyte);

    /// <param name="number">Of the part, from 1.</param>
    public int Of(int number)
    {
        var doubled = (number - 1) / Doubling;
        return doubled > 10 ? MostBytes : (int)Math.Min((long)FirstBytes << doubled, MostBytes);
    }
}
