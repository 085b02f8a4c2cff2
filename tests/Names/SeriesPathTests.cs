using BackupRunner.Names;

namespace BackupRunner.Tests.Names;

public sealed class SeriesPathTests
{
    [Fact]
    public void A_kubernetes_series_reads_as_the_design_writes_it() =>
        Assert.Equal("c1/shop/statefulset.redis/data-redis-0", new SeriesId("c1", "shop", "statefulset", "redis", "data-redis-0").Path);

    [Theory]
    [InlineData("a b")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("my_data")]
    [InlineData("_")]
    [InlineData("é\n")]
    [InlineData(".hidden")]
    [InlineData("x.y.z")]
    public void Any_name_comes_back_from_its_path(string name)
    {
        var series = new SeriesId(name, name, name, name, name);
        Assert.Equal(series, SeriesId.Parse(series.Path));
        Assert.All(series.Path.Split('/'), segment => Assert.False(segment is "" || segment[0] == '.', segment));
    }

    [Theory]
    [InlineData("a/b/c/d")]
    [InlineData("a/b/c.d")]
    [InlineData("a/b/c.d/e/f")]
    [InlineData("a/b/c.d/e_zz")]
    [InlineData("a/b/c.d/_41")]
    public void Refuses_a_path_that_it_never_writes(string path) => Assert.Null(SeriesId.Parse(path));
}
