using System.Collections.Immutable;
using BackupRunner.Names;
using BackupRunner.Posix;
using BackupRunner.Restore;

namespace BackupRunner.Tests.Restore;

/// <summary>
/// A model of the volume, where an entry is its place, its name and whose it is: every way of being stopped, several times over, ends with
/// the old entries in the root and nothing lost.
/// </summary>
public sealed class SettleTests
{
    static readonly BackupId Id = BackupId.Parse(FakeSource.FirstId)!;
    static readonly DirectoryAttributes Root = new(0b111_101_101, 0, 0, 0, 0, []);

    sealed record Item(SwapPlace Place, EntryName Name, string Whose);

    public static TheoryData<JournalPhase?, Settlement> Decisions => new()
    {
        { null, Settlement.Discard },
        { JournalPhase.Armed, Settlement.Undo },
        { JournalPhase.Emptied, Settlement.Again },
        { JournalPhase.Filled, Settlement.Fill },
        { JournalPhase.Committed, Settlement.Check },
        { JournalPhase.Undoing, Settlement.Undo },
        { JournalPhase.Accepted, Settlement.Accept },
    };

    [Theory, MemberData(nameof(Decisions))]
    public void The_last_record_decides(JournalPhase? phase, Settlement settlement) => Assert.Equal(settlement, Settle.Decide(phase));

    [Fact]
    public void Every_phase_has_a_decision() => Assert.Equal(Enum.GetValues<JournalPhase>().Length + 1, Decisions.Count);

    // Every split of three names into old ones and new ones, and every number of renames done before the end, and then before each next one.
    [Fact]
    public void Undoing_from_every_state_of_a_swap_puts_the_old_entries_back()
    {
        var tried = 0;
        foreach (var journal in Journals())
        {
            var swap = Swapping(journal);
            for (var done = 0; done <= swap.Count; done++)
            {
                var stopped = Apply(Before(journal), swap.Take(done));
                for (var undone = 0; undone <= Undoing(journal, stopped).Count; undone++)
                {
                    var again = Apply(stopped, Undoing(journal, stopped).Take(undone));
                    for (var third = 0; third <= Undoing(journal, again).Count; third++)
                    {
                        var last = Apply(again, Undoing(journal, again).Take(third));
                        var settled = Apply(last, Undoing(journal, last));
                        Assert.Equal(Before(journal), settled);
                        tried++;
                    }
                }
            }
        }
        Assert.True(tried > 1000);
    }

    // In any state, whatever the name: free, an old one, a new one, both.
    [Fact]
    public void What_another_process_made_goes_aside_and_is_never_taken_for_ours()
    {
        foreach (var journal in Journals())
        {
            var swap = Swapping(journal);
            for (var done = 0; done <= swap.Count; done++)
            {
                var stopped = Apply(Before(journal), swap.Take(done));
                foreach (var name in Names.Append(new EntryName("free")))
                {
                    if (stopped.Any(item => item.Place == SwapPlace.Root && item.Name.Equals(name)))
                        continue;
                    var meddled = stopped.Add(new Item(SwapPlace.Root, name, "stranger"));
                    var settled = Apply(meddled, Undoing(journal, meddled));
                    Assert.True(Before(journal).SetEquals(settled.Where(item => item.Whose != "stranger")));
                    Assert.Equal([new Item(SwapPlace.Aside, name, "stranger")], settled.Where(item => item.Whose == "stranger"));
                }
            }
        }
    }

    [Fact]
    public void Filling_from_every_state_brings_all_in_and_strangers_aside()
    {
        foreach (var journal in Journals().Where(journal => journal.OldNames.Count == 0))
        {
            var all = Settle.Filling(journal, [], journal.NewNames.ToList());
            for (var done = 0; done <= all.Count; done++)
            {
                foreach (var stranger in Names.Append(new EntryName("free")))
                {
                    var stopped = Apply(Before(journal), all.Take(done));
                    if (!stopped.Any(item => item.Place == SwapPlace.Root && item.Name.Equals(stranger)))
                        stopped = stopped.Add(new Item(SwapPlace.Root, stranger, "stranger"));
                    var settled = Apply(stopped, Settle.Filling(journal, At(stopped, SwapPlace.Root), At(stopped, SwapPlace.New)));
                    Assert.Equal(journal.NewNames.ToHashSet(), settled.Where(item => item.Whose == "new" && item.Place == SwapPlace.Root).Select(item => item.Name).ToHashSet());
                    Assert.All(settled.Where(item => item.Whose == "stranger"), item => Assert.Equal(SwapPlace.Aside, item.Place));
                }
            }
        }
    }

    [Fact]
    public void Reserved_names_stay_where_they_are()
    {
        var journal = new Journal(Id, false, false, true, null, Root, Root, [], [], JournalPhase.Armed);
        EntryName[] root = [new("lost+found"), new(".backup-restore")];
        Assert.Empty(Settle.Undoing(journal, root, [], []));
        Assert.Empty(Settle.Filling(journal, root, []));
    }

    static readonly EntryName[] Names = [new("a"), new([0xff, 0xfe]), new("c")];

    static IEnumerable<Journal> Journals()
    {
        for (var old = 0; old < 8; old++)
            for (var incoming = 0; incoming < 8; incoming++)
                yield return new Journal(Id, false, false, true, null, Root, Root, Chosen(old), Chosen(incoming), JournalPhase.Armed);
    }

    static EntryName[] Chosen(int bits) => [.. Names.Where((_, index) => (bits >> index & 1) == 1)];

    static ImmutableHashSet<Item> Before(Journal journal) =>
    [
        .. journal.OldNames.Select(name => new Item(SwapPlace.Root, name, "old")),
        .. journal.NewNames.Select(name => new Item(SwapPlace.New, name, "new")),
    ];

    static List<SwapMove> Swapping(Journal journal) =>
    [
        .. journal.OldNames.Select(name => new SwapMove(SwapPlace.Root, name, SwapPlace.Old)),
        .. journal.NewNames.Select(name => new SwapMove(SwapPlace.New, name, SwapPlace.Root)),
    ];

    static IReadOnlyList<SwapMove> Undoing(Journal journal, ImmutableHashSet<Item> volume) =>
        Settle.Undoing(journal, At(volume, SwapPlace.Root), At(volume, SwapPlace.Old), At(volume, SwapPlace.New));

    static List<EntryName> At(IEnumerable<Item> volume, SwapPlace place) =>
        [.. volume.Where(item => item.Place == place).Select(item => item.Name)];

    // A rename that would replace something, or has nothing to rename, fails the test.
    static ImmutableHashSet<Item> Apply(
        ImmutableHashSet<Item> volume, IEnumerable<SwapMove> moves)
    {
        foreach (var move in moves)
        {
            Assert.DoesNotContain(volume, item => item.Place == move.To && item.Name.Equals(move.Name));
            var moved = volume.Single(item => item.Place == move.From && item.Name.Equals(move.Name));
            volume = volume.Remove(moved).Add(moved with { Place = move.To });
        }
        return volume;
    }
}
