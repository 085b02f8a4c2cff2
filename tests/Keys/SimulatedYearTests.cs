using BackupRunner.Keys;
using BackupRunner.Tests.Keys.Simulation;

namespace BackupRunner.Tests.Keys;

/// <summary>400 days a seed; after every event each complete backup must open with the ring, and with what the runs of its namespace may have mounted.</summary>
public sealed class SimulatedYearTests
{
    const int Days = 400;

    [Fact]
    public void A_quiet_year_rotates_and_removes_what_it_replaced()
    {
        for (var seed = 0; seed < 10; seed++)
        {
            var cluster = Run(seed, Trouble.None);
            var webhook = cluster.Webhook;
            Assert.Equal(1, webhook.Count<KeyAction.Generate>());
            Assert.InRange(webhook.Count<KeyAction.Promote>(), (int)(0.8 * Days / cluster.Interval.TotalDays) - 1, (int)(Days / cluster.Interval.TotalDays));
            Assert.InRange(cluster.Ring.Ids.Count, 1, cluster.KeysInUse);
            Assert.InRange(cluster.MostKeys, 2, cluster.KeysInUse);
            Assert.True(cluster.Runner.Completed > 300);
        }
    }

    [Fact]
    public void A_year_of_trouble_loses_no_backup()
    {
        var (promoted, removed, rewrapped) = (0, 0, 0);
        for (var seed = 0; seed < 40; seed++)
        {
            var cluster = Run(seed, Trouble.Much);
            Assert.True(cluster.MostKeys <= KeyRotation.MostKeys + cluster.Edits.Brought.Count, $"seed {seed}: {cluster.MostKeys} keys");
            promoted += cluster.Webhook.Count<KeyAction.Promote>();
            removed += cluster.Webhook.Count<KeyAction.Remove>();
            rewrapped += cluster.Runner.Rewrapped;
        }
        Assert.True(promoted > 2_000, $"{promoted} promoted");
        Assert.True(removed > 2_000, $"{removed} removed");
        Assert.True(rewrapped > 10_000, $"{rewrapped} rewrapped");
    }

    static SimulatedCluster Run(int seed, Trouble trouble)
    {
        var cluster = new SimulatedCluster(seed, trouble);
        try
        {
            cluster.Run(Days);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"seed {seed}: {failure.Message}", failure);
        }
        return cluster;
    }
}
