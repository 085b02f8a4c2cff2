using System.IO.Pipelines;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Status.Page;

namespace BackupRunner.Tests.Webhook.Status;

public sealed class PageValueTests
{
    [Theory]
    [InlineData(0, "just now")]
    [InlineData(-59, "59 s ago")]
    [InlineData(-61, "1 min ago")]
    [InlineData(-3_600, "1 h ago")]
    [InlineData(-47 * 3_600, "47 h ago")]
    [InlineData(-49 * 3_600, "2 d ago")]
    [InlineData(5_400, "in 1 h")]
    public void Ages_are_in_the_largest_unit(int seconds, string text) => Assert.Equal(text, Ages.Relative(Views.Now.AddSeconds(seconds), Views.Now));

    [Fact]
    public async Task A_long_answer_is_sent_while_it_is_written()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var output = new Utf8Output(pipe.Writer);
        for (var i = 0; i < 100; i++)
        {
            output.Write(new string('x', 1_000));
            await output.Pass(TestContext.Current.CancellationToken);
        }
        Assert.True(pipe.Reader.TryRead(out var sent));
        Assert.InRange(sent.Buffer.Length, 60_000, 99_999);
    }

    [Fact]
    public void A_line_goes_from_the_lowest_to_the_highest_and_stays_inside()
    {
        var points = Sparkline.Points([100, 300, 200]);
        Assert.Equal([3, Sparkline.Width / 2.0, Sparkline.Width - 3], points.Select(point => point.X));
        Assert.Equal([Sparkline.Height - 3, 3, Sparkline.Height / 2.0], points.Select(point => point.Y));
    }

    [Fact]
    public void Sizes_that_hardly_change_are_a_line_in_the_middle_and_not_a_mountain()
    {
        Assert.All(Sparkline.Points([1_000, 1_001, 1_000]), point => Assert.InRange(point.Y, Sparkline.Height / 2.0 - 1, Sparkline.Height / 2.0 + 1));
        Assert.All(Sparkline.Points([0, 0]), point => Assert.Equal(Sparkline.Height / 2.0, point.Y));
    }

    [Fact]
    public void One_size_is_no_trend_and_of_many_the_newest_are_drawn()
    {
        Assert.Empty(Sparkline.Points([1]));
        var many = Sparkline.Points([.. Enumerable.Range(0, 100).Select(i => i < 60 ? 1_000_000L : 5)]);
        Assert.Equal(40, many.Count);
        Assert.All(many, point => Assert.Equal(many[0].Y, point.Y));
    }
}
