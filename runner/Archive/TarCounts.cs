namespace BackupRunner.Archive;

/// <summary>
/// What an archive holds, counted from its headers as they pass. The same archive gives the same counts when it is written, checked and
/// extracted.
/// </summary>
/// <param name="Entries">All entries but the root directory itself: 0 is an empty volume.</param>
/// <param name="Files">Regular files; a further name (hard link) of a file does not count again.</param>
/// <param name="Bytes">Apparent size of the regular files, holes included.</param>
/// <param name="DiskBytes">An upper estimate of what extracting allocates on a file system of 4 KiB blocks: holes take nothing.</param>
/// <param name="TarBytes">Length of the tar data of these entries, with the end mark and without the padding after it.</param>
/// <param name="Inodes">What extracting needs of them.</param>
public sealed record TarCounts(long Entries, long Files, long Bytes, long DiskBytes, long TarBytes, long Inodes)
{
    /// <summary>The archive holds an entry for the root directory itself, with its mode, owner and times.</summary>
    public bool HasRoot { get; init; }

    public bool IsEmpty => Entries == 0;
}
