using BackupRunner.Names;
using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>The renames between the root of a volume and the directories of one restore. Nothing is ever replaced.</summary>
sealed class Swap(IVolume volume, BackupId id)
{
    const int ShownNames = 10;

    /// <summary>Moves the old entries out and makes that durable.</summary>
    /// <exception cref="RunnerException">Something else is in the root afterwards (6).</exception>
    public void Empty(Journal journal)
    {
        foreach (var name in journal.OldNames)
            if (volume.Move(RestoreLayout.Root, name, RestoreLayout.Old(id), name) == Moved.NameTaken)
                throw Strangers([name]);
        Refuse(except: []);
        volume.Sync(RestoreLayout.Old(id));
        volume.Sync(RestoreLayout.Root);
    }

    /// <summary>Moves the new entries in, gives the root its new attributes, and makes that durable.</summary>
    /// <returns>Attributes that this process may not change.</returns>
    /// <exception cref="RunnerException">Something else is in the root (6).</exception>
    public IReadOnlyList<string> BringIn(Journal journal)
    {
        foreach (var name in journal.NewNames)
            if (volume.Move(RestoreLayout.New(id), name, RestoreLayout.Root, name) != Moved.Done)
                throw Strangers([name]);
        Refuse(except: journal.NewNames);
        return Settled(journal.NewRoot!);
    }

    /// <summary>In-place: brings in what is not in yet; what another process made goes aside.</summary>
    public IReadOnlyList<string> BringInRest(Journal journal)
    {
        Do(Settle.Filling(journal, Names(RestoreLayout.Root), Names(RestoreLayout.New(id))));
        return Settled(journal.NewRoot!);
    }

    /// <summary>Puts the old data back, from any state.</summary>
    public void PutBack(Journal journal)
    {
        Do(Settle.Undoing(journal, Names(RestoreLayout.Root), Names(RestoreLayout.Old(id)), Names(RestoreLayout.New(id))));
        _ = Settled(journal.OldRoot);
    }

    public static IReadOnlyList<EntryName> Names(IVolume volume, string directory) =>
        [.. (volume.List(directory) ?? []).Select(entry => entry.Name).Where(name => !RestoreLayout.IsReserved(name))];

    IReadOnlyList<EntryName> Names(string directory) => Names(volume, directory);

    IReadOnlyList<string> Settled(DirectoryAttributes root)
    {
        var refused = volume.WriteAttributes(RestoreLayout.Root, root);
        foreach (var directory in new[] { RestoreLayout.Old(id), RestoreLayout.New(id), RestoreLayout.Aside(id) })
            if (volume.DirectoryExists(directory))
                volume.Sync(directory);
        volume.Sync(RestoreLayout.Root);
        return refused;
    }

    void Do(IReadOnlyList<SwapMove> moves)
    {
        if (moves.Any(move => move.To == SwapPlace.Aside))
            volume.MakeDirectory(RestoreLayout.Aside(id));
        foreach (var move in moves)
        {
            if (volume.Move(Directory(move.From), move.Name, Directory(move.To), move.Name) != Moved.NameTaken)
                continue;
            // The same name went aside before; anywhere else somebody is making files faster than they are moved away.
            if (move.To != SwapPlace.Aside)
                throw Strangers([move.Name]);
            KeptData.MoveUnder(volume, RestoreLayout.Root, move.Name, RestoreLayout.Aside(id), "again");
        }
    }

    string Directory(SwapPlace place) => place switch
    {
        SwapPlace.Old => RestoreLayout.Old(id),
        SwapPlace.New => RestoreLayout.New(id),
        SwapPlace.Aside => RestoreLayout.Aside(id),
        _ => RestoreLayout.Root,
    };

    void Refuse(IReadOnlyList<EntryName> except)
    {
        var strangers = Names(RestoreLayout.Root).Except(except).ToList();
        if (strangers.Count > 0)
            throw Strangers(strangers);
    }

    RunnerException Strangers(List<EntryName> names) => new(ExitCode.Volume,
        $"another process changes \"{volume.Path}\" while it is being restored: {string.Join(", ", names.Take(ShownNames).Select(name => $"\"{name}\""))}"
            + (names.Count > ShownNames ? $" and {names.Count - ShownNames} more" : ""),
        "stop what uses the data, then restore again");
}
