using BackupRunner.Backups;
using BackupRunner.Names;

namespace BackupRunner.Tests.Backups;

public sealed class RetentionTests
{
    static readonly DateTimeOffset Now = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Keeps_everything_while_there_are_no_more_than_keepCount() =>
        Assert.Empty(Expired(keepCount: 3, 100, 200, 300));

    [Fact]
    public void Of_the_others_only_those_older_than_the_retention_go() =>
        Assert.Equal([40, 31], Expired(keepCount: 2, 1, 2, 3, 29, 30, 31, 40).Order().Reverse());

    [Fact]
    public void The_newest_stay_however_old_they_are() =>
        Assert.Equal([900], Expired(keepCount: 2, 500, 700, 900));

    [Fact]
    public void A_backup_from_the_future_counts_as_made_now() =>
        Assert.Equal([60], Expired(keepCount: 2, -400, 50, 60));

    [Fact]
    public void A_clock_that_jumped_back_does_not_remove_the_backup_just_made() =>
        Assert.DoesNotContain(0, Expired(keepCount: 1, 0, -40, -41, -42));

    [Fact]
    public void Of_two_with_one_start_the_order_is_that_of_their_ids()
    {
        var low = new KeptBackup(BackupId.New(Now.AddDays(-50), [0, 0, 0, 0]), Now.AddDays(-50));
        var high = new KeptBackup(BackupId.New(Now.AddDays(-50), [9, 9, 9, 9]), Now.AddDays(-50));
        foreach (var order in new[] { new[] { low, high }, [high, low] })
            Assert.Equal([low], Retention.Expired(order, 1, TimeSpan.FromDays(30), Now).Select(expired => expired.Backup));
    }

    [Fact]
    public void Never_removes_one_of_the_newest_whatever_the_clocks_said()
    {
        var random = new Random(1);
        for (var round = 0; round < 2_000; round++)
        {
            var ages = Enumerable.Range(0, random.Next(0, 30)).Select(_ => random.Next(-100, 400)).ToArray();
            var keepCount = random.Next(1, 10);
            var gone = Expired(keepCount, ages).ToList();
            Assert.All(gone, age => Assert.True(age > 30));
            Assert.True(ages.Length - gone.Count >= Math.Min(keepCount, ages.Length));
            Assert.All(gone, age => Assert.True(ages.Count(newer => newer <= age) - gone.Count(newer => newer < age) >= keepCount));
        }
    }

    static IEnumerable<int> Expired(int keepCount, params int[] agesInDays)
    {
        var backups = agesInDays.Select((age, i) => new KeptBackup(BackupId.New(Now.AddDays(-age), [(byte)i, 0, 0, 0]), Now.AddDays(-age)));
        return Retention.Expired(backups, keepCount, TimeSpan.FromDays(30), Now).Select(expired => (int)(Now - expired.Backup.Start).TotalDays);
    }
}
