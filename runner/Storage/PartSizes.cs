namespace BackupRunner.Storage;

/// <summary>
/// How large the parts of an upload are whose size is not known for certain: small at first, then twice as large after every so many parts, up to
/// the size at which what is expected fits. An object that becomes larger than expected has parts that double faster from then on, so that the
/// largest object a service takes always fits the number of parts that it takes. Memory holds two parts of the last size at worst.
/// </summary>
/// <param name="FirstBytes">Of the first parts.</param>
/// <param name="Doubling">After so many parts the size doubles.</param>
/// <param name="Steady">What is expected has to fit so many parts.</param>
/// <param name="Overtaking">After them the size doubles after so many parts.</param>
/// <param name="MostBytes">No part is larger.</param>
public sealed record PartSizes(int FirstBytes, int Doubling, int Steady, int Overtaking, int MostBytes)
{
    const int Mebibyte = 1 << 20;

    /// <summary>S3: 5 TiB in 10,000 parts.</summary>
    public static PartSizes S3 { get; } = new(16 * Mebibyte, 800, 4500, 100, 1024 * Mebibyte);

    /// <summary>Azure: 5 TiB in 50,000 blocks.</summary>
    public static PartSizes Azure { get; } = new(16 * Mebibyte, 4000, 8000, 500, 128 * Mebibyte);

    /// <summary>Cloudflare R2: 10,000 parts, and at the end it refuses them unless all but the last have one size.</summary>
    public static PartSizes R2 { get; } = new(16 * Mebibyte, int.MaxValue, int.MaxValue, int.MaxValue, 1024 * Mebibyte) { Alike = 9000 };

    /// <summary>Google Cloud Storage takes any number of chunks, each a multiple of 256 KiB.</summary>
    public static PartSizes Gcs { get; } = Same(16 * Mebibyte);

    /// <summary>The size that suffices for what is expected; <see cref="MostBytes"/> where nothing is.</summary>
    public int SufficientBytes { get; private init; } = MostBytes;

    /// <summary>Where all parts have to have one size: so many of them hold what is expected, or 1 TiB. Null elsewhere.</summary>
    public int? Alike { get; private init; }

    /// <summary>Any number of parts of one size.</summary>
    public static PartSizes Same(int bytes) => new(bytes, int.MaxValue, int.MaxValue, int.MaxValue, bytes);

    /// <param name="expectedBytes">What the object has at most, as far as anybody can tell; null: nobody can.</param>
    public PartSizes For(long? expectedBytes)
    {
        if (Alike is { } parts)
        {
            var bytes = FirstBytes;
            while (bytes < MostBytes && (long)bytes * parts < (expectedBytes ?? 1L << 40))
                bytes *= 2;
            return this with { FirstBytes = bytes, SufficientBytes = bytes };
        }
        var sizes = this with { SufficientBytes = expectedBytes is null ? MostBytes : FirstBytes };
        while (sizes.SufficientBytes < MostBytes && Enumerable.Range(1, Steady).Sum(number => (long)sizes.Of(number)) < expectedBytes)
            sizes = sizes with { SufficientBytes = sizes.SufficientBytes * 2 };
        return sizes;
    }

    /// <param name="number">Of the part, from 1.</param>
    public int Of(int number) => number <= Steady
        ? Doubled(FirstBytes, (number - 1) / Doubling, SufficientBytes)
        : Doubled(SufficientBytes, 1 + ((number - 1 - Steady) / Overtaking), MostBytes);

    static int Doubled(int bytes, int times, int most) => times > 10 ? most : (int)Math.Min((long)bytes << times, most);
}
