using BackupRunner.Names;
using BackupRunner.Posix;
using BackupRunner.Reports;
using BackupRunner.Restore;

namespace BackupRunner.Tests.Restore;

public sealed class JournalTextTests
{
    static readonly BackupId Id = BackupId.Parse(FakeSource.FirstId)!;
    static readonly DirectoryAttributes OldRoot = new(0b110_111_101_101, 999, 1000, -5, 123_456_789,
        [new(new EntryName("system.posix_acl_access"), "0200ff"), new(new EntryName("user.empty"), "")]);
    static readonly DirectoryAttributes NewRoot = new(0b111_000_000, 0, uint.MaxValue, 1_700_000_000, 0, []);
    static readonly EntryName[] Old = [new("a b"), new([0xff, (byte)'\n', (byte)'%']), new(".backup")];
    static readonly EntryName[] New = [new("new"), new(Enumerable.Repeat((byte)200, 255).ToArray())];

    static Journal Staged(JournalPhase phase = JournalPhase.Armed) =>
        new(Id, false, true, true, null, OldRoot, NewRoot, Old, New, phase);

    static Journal InPlace(JournalPhase phase = JournalPhase.Armed) =>
        new(Id, true, false, false, BackupId.Parse(FakeSource.SecondId), OldRoot, null, Old, [], phase);

    [Fact]
    public void Reads_what_it_wrote()
    {
        Same(Staged(), JournalText.Parse(JournalText.Begin(Staged()), Id).Journal);
        Same(InPlace(), JournalText.Parse(JournalText.Begin(InPlace()), Id).Journal);
        Same(InPlace(JournalPhase.Emptied), JournalText.Parse(JournalText.Begin(InPlace(JournalPhase.Emptied)), Id).Journal);
        Same(Filled, JournalText.Parse(FilledText, Id).Journal);
    }

    [Fact]
    public void A_last_line_cut_anywhere_was_never_written()
    {
        var (begin, commit) = (JournalText.Begin(Staged()), JournalText.Record(JournalPhase.Committed));
        for (var cut = 0; cut < commit.Length; cut++)
        {
            var (journal, bytes) = JournalText.Parse([.. begin, .. commit[..cut]], Id);
            Assert.Equal((JournalPhase.Armed, begin.Length), (journal.Phase, bytes));
        }
        Assert.Equal(JournalPhase.Committed, JournalText.Parse([.. begin, .. commit], Id).Journal.Phase);
    }

    [Fact]
    public void A_journal_cut_before_it_was_armed_is_damaged()
    {
        var begin = JournalText.Begin(Staged());
        for (var cut = 0; cut < begin.Length; cut += 7)
        {
            var part = begin[..cut];
            Assert.Throws<RunnerException>(() => JournalText.Parse(part, Id));
        }
    }

    [Fact]
    public void A_filling_torn_anywhere_leaves_the_volume_emptied()
    {
        var emptied = JournalText.Begin(InPlace(JournalPhase.Emptied));
        for (var cut = emptied.Length; cut < FilledText.Length; cut++)
        {
            byte[] zeros = [.. FilledText[..cut], .. new byte[FilledText.Length - cut]];
            byte[] hole = [.. FilledText[..emptied.Length], .. new byte[cut - emptied.Length], .. FilledText[cut..]];
            foreach (var torn in cut == emptied.Length ? [FilledText[..cut], zeros] : new[] { FilledText[..cut], zeros, hole })
            {
                var (journal, bytes) = JournalText.Parse(torn, Id);
                Same(InPlace(JournalPhase.Emptied), journal);
                Assert.Equal(emptied.Length, bytes);
            }
        }
    }

    [Fact]
    public void A_flipped_bit_is_seen_wherever_it_is()
    {
        byte[] text = [.. JournalText.Begin(Staged()), .. JournalText.Record(JournalPhase.Committed)];
        for (var bit = 0; bit < text.Length * 8; bit++)
        {
            var flipped = text.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                // Only the last record may be taken for one that was never written whole.
                Assert.Equal(JournalPhase.Armed, JournalText.Parse(flipped, Id).Journal.Phase);
                Assert.True(bit / 8 >= JournalText.Begin(Staged()).Length);
            }
            catch (RunnerException damaged)
            {
                Assert.Equal(ExitCode.Volume, damaged.ExitCode);
            }
        }
    }

    [Fact]
    public void Refuses_records_in_an_order_that_no_restore_writes()
    {
        foreach (var first in Enum.GetValues<JournalPhase>())
        {
            foreach (var second in Enum.GetValues<JournalPhase>())
            {
                byte[] text = [.. JournalText.Begin(Staged()), .. JournalText.Record(first), .. JournalText.Record(second)];
                var allowed = (first, second) is (JournalPhase.Committed, JournalPhase.Accepted or JournalPhase.Undoing);
                Assert.Equal(allowed, Record.Exception(() => JournalText.Parse(text, Id)) is null);
            }
        }
    }

    [Fact]
    public void Refuses_the_journal_of_another_restore() =>
        Assert.Throws<RunnerException>(() => JournalText.Parse(JournalText.Begin(Staged()), BackupId.Parse(FakeSource.SecondId)!));

    [Fact]
    public void Arbitrary_bytes_throw_nothing_but_the_typed_exception()
    {
        var random = new Random(2);
        var good = FilledText;
        for (var round = 0; round < 20_000; round++)
        {
            var text = good.ToArray();
            for (var change = random.Next(1, 6); change > 0; change--)
                text[random.Next(text.Length)] = (byte)random.Next(256);
            try
            {
                JournalText.Parse(text, Id);
            }
            catch (RunnerException)
            {
            }
        }
    }

    static Journal Filled => InPlace(JournalPhase.Filled) with { NewRoot = NewRoot, NewNames = New };

    static byte[] FilledText => [.. JournalText.Begin(InPlace(JournalPhase.Emptied)), .. JournalText.Filled(Filled)];

    static void Same(Journal expected, Journal actual)
    {
        Assert.Equal(expected.OldNames, actual.OldNames);
        Assert.Equal(expected.NewNames, actual.NewNames);
        Assert.Equal(expected.OldRoot.Extended, actual.OldRoot.Extended);
        Assert.Equal(expected.OldRoot with { Extended = actual.OldRoot.Extended }, actual.OldRoot);
        Assert.Equal(expected.NewRoot is null, actual.NewRoot is null);
        Assert.Equal(expected with { OldNames = actual.OldNames, NewNames = actual.NewNames, OldRoot = actual.OldRoot, NewRoot = actual.NewRoot }, actual);
    }
}
