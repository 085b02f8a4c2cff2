using BackupRunner.Names;
using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>The journal of one restore on its volume. Each append is durable before it returns.</summary>
sealed class JournalFile
{
    // The records still to come after the first batch have less than 300 bytes; those of an in-place restore find emptied space.
    const int RoomBytes = 4096;

    readonly IVolume volume;
    long wholeBytes;

    JournalFile(IVolume volume, Journal journal, long wholeBytes) =>
        (this.volume, Journal, this.wholeBytes) = (volume, journal, wholeBytes);

    public Journal Journal { get; private set; }

    /// <summary>A record was written that may, or may not, have reached the disk.</summary>
    public bool InDoubt { get; private set; }

    /// <summary>Writes the journal, and makes the way to it durable: from here on, what moves can be moved back.</summary>
    public static JournalFile Create(IVolume volume, Journal journal)
    {
        var text = JournalText.Begin(journal);
        volume.CreateFile(RestoreLayout.JournalPart(journal.Id), text, RoomBytes);
        var folder = RestoreLayout.Of(journal.Id);
        if (volume.Move(folder, new EntryName(RestoreLayout.JournalPartName), folder, new EntryName(RestoreLayout.JournalName)) != Moved.Done)
            throw new RunnerException(ExitCode.Volume, $"a journal of {journal.Id} appeared on \"{volume.Path}\" meanwhile", "another restore seems to run");
        volume.Sync(folder);
        volume.Sync(RestoreLayout.Folder);
        volume.Sync(RestoreLayout.Root);
        return new JournalFile(volume, journal, text.Length);
    }

    /// <returns>Null when there is none: nothing was moved, or all is settled.</returns>
    public static JournalFile? Find(IVolume volume, BackupId id) =>
        volume.ReadFile(RestoreLayout.Journal(id)) is { } text && JournalText.Parse(text, id) is var (journal, bytes)
            ? new JournalFile(volume, journal, bytes)
            : null;

    public void Enter(JournalPhase phase) => Append(Journal with { Phase = phase }, JournalText.Record(phase));

    /// <summary>In-place: records what moves in.</summary>
    public void Fill(Journal filled) => Append(filled with { Phase = JournalPhase.Filled }, JournalText.Filled(filled));

    /// <summary>After this there is no restore to settle.</summary>
    public void Remove()
    {
        volume.RemoveFile(RestoreLayout.Journal(Journal.Id));
        volume.Sync(RestoreLayout.Of(Journal.Id));
    }

    void Append(Journal next, byte[] text)
    {
        InDoubt = true;
        volume.Append(RestoreLayout.Journal(Journal.Id), wholeBytes, text);
        (Journal, InDoubt) = (next, false);
        wholeBytes += text.Length;
    }
}
