namespace BackupRunner.Archive;

/// <summary>Adds up the entries of an archive.</summary>
public sealed class TarTally
{
    const long DiskBlockBytes = 4096;

    // An inode has room for this much: ext4 keeps a symbolic link of up to 59 bytes and about 100 bytes of attributes in it, xfs some more.
    const int InlineLinkBytes = 59;
    const int InlineAttributeBytes = 64;

    // A directory entry has 8 to 12 bytes besides its name, and directories are as little as half full.
    const int DirectoryEntryBytes = 12;

    long entries;
    long files;
    long bytes;
    long blocks;
    long nameBytes;
    long inodes;
    bool hasRoot;

    public void Add(TarEntry entry)
    {
        var path = TarPath.Normalize(entry.Name);
        if (path is { Length: 0 })
        {
            hasRoot = true;
            return;
        }
        entries++;
        nameBytes += 2 * (DirectoryEntryBytes + entry.Name.Length - (entry.Name.AsSpan().TrimEnd((byte)'/').LastIndexOf((byte)'/') + 1));
        if (entry.Kind == TarEntryKind.HardLink)
            return;
        inodes++;
        if (entry.AttributeBytes > InlineAttributeBytes)
            blocks += Blocks(entry.AttributeBytes);
        switch (entry.Kind)
        {
            case TarEntryKind.File:
                files++;
                bytes += entry.ApparentBytes;
                blocks += Blocks(entry.PayloadBytes);
                break;
            case TarEntryKind.Directory:
                blocks++;
                break;
            case TarEntryKind.SymbolicLink when entry.Link.Length > InlineLinkBytes:
                blocks++;
                break;
        }
    }

    public TarCounts ToCounts(long tarBytes) => new(entries, files, bytes, (blocks + Blocks(nameBytes)) * DiskBlockBytes, tarBytes, inodes) { HasRoot = hasRoot };

    static long Blocks(long length) => (length + DiskBlockBytes - 1) / DiskBlockBytes;
}
