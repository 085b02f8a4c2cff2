using BackupRunner.Posix;

namespace BackupRunner.Restore;

/// <summary>What to do about a restore that is found half-way.</summary>
public enum Settlement
{
    /// <summary>Nothing was moved: remove its staging.</summary>
    Discard,

    /// <summary>Put the old data back.</summary>
    Undo,

    /// <summary>In-place: the old data is gone and the new incomplete: extract the backup again.</summary>
    Again,

    /// <summary>In-place: the new data is whole, beside the root: move it in.</summary>
    Fill,

    /// <summary>The new data is in place: check the health, then accept or undo.</summary>
    Check,

    /// <summary>The new data was found good: clean up.</summary>
    Accept,
}

/// <summary>One rename: from the root, or into it.</summary>
public sealed record SwapMove(SwapPlace From, EntryName Name, SwapPlace To);

public enum SwapPlace
{
    Root,
    Old,
    New,
    Aside,
}

/// <summary>The decisions of a settlement, from the journal and from what lies where.</summary>
public static class Settle
{
    /// <param name="phase">The last record; null when there is no journal.</param>
    public static Settlement Decide(JournalPhase? phase) => phase switch
    {
        null => Settlement.Discard,
        JournalPhase.Armed or JournalPhase.Undoing => Settlement.Undo,
        JournalPhase.Emptied => Settlement.Again,
        JournalPhase.Filled => Settlement.Fill,
        JournalPhase.Committed => Settlement.Check,
        JournalPhase.Accepted => Settlement.Accept,
        _ => throw new ArgumentOutOfRangeException(nameof(phase)),
    };

    /// <summary>
    /// The renames that put the old data back, from any state that swapping, or an earlier undoing, can have been stopped in: an old
    /// entry is in the root or in <c>old</c>, a new one in <c>new</c> or in the root, so what lies where says whose an entry in the root
    /// is. What is neither's, another process made: it goes aside, because old data must not find strange files beside it.
    /// </summary>
    public static IReadOnlyList<SwapMove> Undoing(
        Journal journal, IEnumerable<EntryName> root, IReadOnlyCollection<EntryName> old, IReadOnlyCollection<EntryName> staged)
    {
        var (planned, incoming) = (journal.OldNames.ToHashSet(), journal.NewNames.ToHashSet());
        var (movedOut, movedIn) = (old.ToHashSet(), incoming.Except(staged).ToHashSet());
        var moves = new List<SwapMove>();
        foreach (var name in root.Where(name => !RestoreLayout.IsReserved(name)))
        {
            if (planned.Contains(name) && !movedOut.Contains(name))
                continue;
            moves.Add(new SwapMove(SwapPlace.Root, name, movedIn.Contains(name) ? SwapPlace.New : SwapPlace.Aside));
        }
        moves.AddRange(old.Select(name => new SwapMove(SwapPlace.Old, name, SwapPlace.Root)));
        return moves;
    }

    /// <summary>The renames that bring the rest of an in-place restore in.</summary>
    public static IReadOnlyList<SwapMove> Filling(Journal journal, IEnumerable<EntryName> root, IReadOnlyCollection<EntryName> staged)
    {
        var movedIn = journal.NewNames.Except(staged).ToHashSet();
        return
        [
            .. root.Where(name => !RestoreLayout.IsReserved(name) && !movedIn.Contains(name))
                .Select(name => new SwapMove(SwapPlace.Root, name, SwapPlace.Aside)),
            .. staged.Intersect(journal.NewNames).Select(name => new SwapMove(SwapPlace.New, name, SwapPlace.Root)),
        ];
    }
}
