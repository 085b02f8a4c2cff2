using BackupRunner.Keys;

namespace BackupRunner.Tests.Keys;

public sealed class SeenRingTests
{
    static readonly KeyId First = KeyId.Parse("0000000000000001")!, Second = KeyId.Parse("0000000000000002")!;

    readonly SeenRing seen = SeenRing.Read(null, "1", First, [Second], Minute(1));

    [Fact]
    public void The_same_version_read_again_has_been_there_all_the_time() =>
        Assert.Same(seen, SeenRing.Read(seen, "1", First, [Second], Minute(9)));

    [Fact]
    public void After_somebody_elses_write_everything_begins_anew_though_it_looks_the_same()
    {
        var again = SeenRing.Read(seen, "2", First, [Second], Minute(9));
        Assert.Equal(Minute(9), again.CurrentSince);
        Assert.All(again.HeldSince.Values, since => Assert.Equal(Minute(9), since));
    }

    [Fact]
    public void Our_own_write_renews_only_what_it_changed()
    {
        var third = KeyId.Parse("0000000000000003")!;
        var added = seen.Written("2", First, [Second, third], Minute(9));
        Assert.Equal((Minute(1), Minute(1), Minute(9)), (added.CurrentSince, added.HeldSince[Second], added.HeldSince[third]));
        var promoted = added.Written("3", third, [First, Second], Minute(20));
        Assert.Equal((Minute(20), Minute(9), Minute(1)), (promoted.CurrentSince, promoted.HeldSince[third], promoted.HeldSince[First]));
        Assert.False(promoted.Written("4", third, [Second], Minute(30)).Holds(First));
    }

    static TimeSpan Minute(int minute) => TimeSpan.FromMinutes(minute);
}
