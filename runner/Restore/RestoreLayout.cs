using BackupRunner.Names;
using BackupRunner.Posix;

namespace BackupRunner.Restore;

/// <summary>
/// Where a restore keeps things on the volume, as paths from its root:
/// <c>.backup-restore/ID/{journal,new,old,aside,gone}</c> while it runs, <c>.backup-restore/kept/NAME</c> for what it leaves there on purpose.
/// </summary>
public static class RestoreLayout
{
    public const string Root = ".";
    public const string Folder = ".backup-restore";
    public const string Kept = Folder + "/kept";
    public const string KeptName = "kept";
    public const string JournalName = "journal";
    public const string JournalPartName = "journal.part";
    public const string LostAndFound = "lost+found";

    static readonly EntryName FolderEntry = new(Folder);
    static readonly EntryName LostAndFoundEntry = new(LostAndFound);

    /// <summary>Neither archived, nor moved, nor restored.</summary>
    public static bool IsReserved(EntryName name) => name.Equals(FolderEntry) || name.Equals(LostAndFoundEntry);

    public static string Of(BackupId id) => $"{Folder}/{id}";

    public static string Journal(BackupId id) => $"{Of(id)}/{JournalName}";

    /// <summary>A journal whose first batch is not yet whole.</summary>
    public static string JournalPart(BackupId id) => $"{Of(id)}/{JournalPartName}";

    /// <summary>The restored tree, until its entries move into the root.</summary>
    public static string New(BackupId id) => $"{Of(id)}/new";

    /// <summary>The entries that were in the root before.</summary>
    public static string Old(BackupId id) => $"{Of(id)}/old";

    /// <summary>Old data that is no longer needed: only this is ever removed.</summary>
    public static string Gone(BackupId id) => $"{Of(id)}/gone";

    /// <summary>Entries that another process made in the root during the restore.</summary>
    public static string Aside(BackupId id) => $"{Of(id)}/aside";
}
