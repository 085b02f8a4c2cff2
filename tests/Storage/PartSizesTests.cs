using BackupRunner.Storage;

namespace BackupRunner.Tests.Storage;

public sealed class PartSizesTests
{
    const long FiveTebibytes = 5L << 40;

    [Fact]
    public void The_largest_object_of_S3_fits_ten_thousand_parts() => Assert.True(Total(PartSizes.S3, 10_000) >= FiveTebibytes);

    [Fact]
    public void As_much_fits_fifty_thousand_blocks_of_Azure() => Assert.True(Total(PartSizes.Azure, 50_000) >= FiveTebibytes);

    [Fact]
    public void Sizes_never_shrink_and_stop_at_the_most()
    {
        foreach (var sizes in new[] { PartSizes.S3, PartSizes.Azure, PartSizes.Gcs })
        {
            var all = Enumerable.Range(1, 50_000).Select(sizes.Of).ToList();
            Assert.Equal(all.Order(), all);
            Assert.Equal(sizes.MostBytes, all[^1]);
            Assert.All(all, size => Assert.Equal(0, size % (256 << 10)));
        }
    }

    [Theory]
    [InlineData(37L << 30, 32L << 20)]
    [InlineData(87L << 30, 64L << 20)]
    [InlineData(187L << 30, 128L << 20)]
    [InlineData(787L << 30, 512L << 20)]
    public void S3_parts_are_as_large_as_the_documentation_says(long bytes, long largest)
    {
        long total = 0;
        var number = 0;
        while (total < bytes)
            total += PartSizes.S3.Of(++number);
        Assert.Equal(largest, PartSizes.S3.Of(number));
    }

    static long Total(PartSizes sizes, int parts) => Enumerable.Range(1, parts).Sum(number => (long)sizes.Of(number));
}
