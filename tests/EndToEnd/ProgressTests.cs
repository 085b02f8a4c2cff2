using BackupRunner.Cli;
using BackupRunner.Tests.Hooks;

namespace BackupRunner.Tests.EndToEnd;

public sealed class ProgressTests
{
    [Fact]
    public void Percent_are_told_where_the_whole_is_known_every_ten_seconds_and_never_a_hundred()
    {
        var time = new ManualTime();
        List<int?> told = [];
        var progress = new Progress(new RunLog(TextWriter.Null), TextWriter.Null, terminal: false, time) { Told = (_, percent) => told.Add(percent) };
        void Report(long bytes, double after)
        {
            time.Advance(TimeSpan.FromSeconds(after));
            progress.Report(bytes);
        }

        progress.Begin("backing up", totalBytes: null);
        Report(10, 10);
        progress.TotalBytes = 1000;
        Report(429, 10);
        Report(430, 9.9);
        Report(1000, 0.1);
        // An estimate that the work outgrows.
        Report(long.MaxValue, 10);
        progress.TotalBytes = 0;
        Report(10, 10);

        Assert.Equal([null, 42, 99, 99, null], told);
    }
}
