using BackupRunner.Storage;

namespace BackupRunner.Tests.Storage;

public sealed class PartSizesTests
{
    const long FiveTebibytes = 5L << 40;

    [Fact]
    public void Sizes_never_shrink_and_stop_at_the_most()
    {
        foreach (var sizes in new[] { PartSizes.S3, PartSizes.S3.For(40L << 30), PartSizes.Azure, PartSizes.Azure.For(300L << 30), PartSizes.Gcs })
        {
            var all = Enumerable.Range(1, 50_000).Select(sizes.Of).ToList();
            Assert.Equal(all.Order(), all);
            Assert.Equal(sizes.MostBytes, all[^1]);
            Assert.All(all, size => Assert.Equal(0, size % (256 << 10)));
        }
    }

    /// <summary>Two parts of that size are in memory: one on its way and one that is filled.</summary>
    [Theory]
    [InlineData(50, 16)]
    [InlineData(70, 16)]
    [InlineData(128, 32)]
    [InlineData(218, 64)]
    [InlineData(350, 128)]
    [InlineData(512, 256)]
    [InlineData(637, 512)]
    [InlineData(5120, 1024)]
    public void S3_parts_are_as_large_as_the_documentation_says(int gibibytes, int mebibytes)
    {
        var sizes = PartSizes.S3.For((long)gibibytes << 30);
        Assert.Equal((long)mebibytes << 20, sizes.SufficientBytes);
        long total = 0;
        var number = 0;
        while (total < (long)gibibytes << 30)
            total += sizes.Of(++number);
        Assert.Equal(sizes.SufficientBytes, sizes.Of(number));
        Assert.InRange(number, 1, 10_000);
    }

    [Fact]
    public void A_small_folder_on_a_large_disk_has_small_parts() =>
        Assert.All(Enumerable.Range(1, 800), number => Assert.Equal(16 << 20, PartSizes.S3.For(FiveTebibytes).Of(number)));

    /// <summary>The file system of the data said less than its archive has, or nothing.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(0L)]
    [InlineData(63L << 30)]
    [InlineData(1L << 40)]
    [InlineData(FiveTebibytes)]
    public void The_largest_object_fits_whatever_was_expected(long? expected)
    {
        Assert.True(Total(PartSizes.S3.For(expected), 10_000) >= FiveTebibytes);
        Assert.True(Total(PartSizes.Azure.For(expected), 50_000) >= FiveTebibytes);
    }

    /// <summary>R2 refuses others when all of them have been sent.</summary>
    [Theory]
    [InlineData(null, 128)]
    [InlineData(0L, 16)]
    [InlineData(71L << 30, 16)]
    [InlineData(1000L << 30, 128)]
    [InlineData(4L << 40, 512)]
    public void Parts_of_R2_are_all_alike_and_hold_what_is_expected(long? expected, int mebibytes)
    {
        var sizes = PartSizes.R2.For(expected);
        Assert.All(Enumerable.Range(1, 10_000), number => Assert.Equal(mebibytes << 20, sizes.Of(number)));
        Assert.True(Total(sizes, 10_000) > expected.GetValueOrDefault());
    }

    [Fact]
    public void Parts_of_one_size_stay_so_whatever_is_expected() =>
        Assert.All(new[] { 1, 2, 1_000_000 }, number => Assert.Equal(PartSizes.Gcs.FirstBytes, PartSizes.Gcs.For(FiveTebibytes).Of(number)));

    static long Total(PartSizes sizes, int parts) => Enumerable.Range(1, parts).Sum(number => (long)sizes.Of(number));
}
